"""How things look in a notebook: small tables, as HTML that follows the theme and as plain text.

Magics and widgets show what Python shows.  Handles and lists of `client` look right by themselves: a magic returns
them, a widget takes ``handle._repr_html_()``.  What else they show is a `tables.Table` or `tables.Card`, each with
``.html()`` and ``.text()``; `things` makes these of the values of `models`: ``mounts_table(service.list_mounts())``.
All text is escaped there and nowhere else, so give it as it is.  `progress.progress_html` has the bar.
"""
