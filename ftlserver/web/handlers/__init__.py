"""The handlers, one module a resource: decode, validate, ask storage or a question, answer.

Each is a function of the storage, the request, and what the path names.
"""
