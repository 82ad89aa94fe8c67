"""How things look in a notebook: small tables, as HTML that follows the theme and as plain text.

Magics and widgets show what Python shows: they return handles and lists of `client`, which look right by themselves, or
build a `tables.Table` or `tables.Card` of their own.  `things` makes those of the values of `models`.
"""
