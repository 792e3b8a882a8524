//! Supervision in paused time.
