//! Tokens and keys that nobody configured.
