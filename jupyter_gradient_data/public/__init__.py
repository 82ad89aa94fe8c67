"""Public datasets: a catalogue, and fetching what it lists."""
