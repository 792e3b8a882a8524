//! The resolver in a time of its own.
