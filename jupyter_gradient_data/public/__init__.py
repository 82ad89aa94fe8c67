"""Public datasets: a catalogue, and fetching what is in it into one folder for each."""
