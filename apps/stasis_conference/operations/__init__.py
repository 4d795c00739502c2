"""The operations of the API, by what they are about: each a class that gives its rows."""
