"""One API for every front end: `api.DataService`, implemented locally and over HTTP."""
