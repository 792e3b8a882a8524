//! Fuzz targets: plain functions of bytes that must answer whatever they are given, and the seeds to begin with.
//!
//! `fuzz/` runs them under cargo-fuzz for as long as one likes; the tests below run them for a moment on seeds that a fixed
//! generator mutates. A further target is one function here, one line in [`TARGETS`] and one file in `fuzz/fuzz_targets`.
//! Uses the decoders of `sources`, the templates and texts of `domain`, and the packs; nothing uses it.

use crate::domain::time::UnixMs;

mod pushbullet;
mod shooter;
mod telegram;
mod template;

pub use pushbullet::{pushbullet_ciphertext, pushbullet_frame, pushbullet_history};
pub use shooter::{shooter_body, shooter_signature};
pub use telegram::{telegram_update, telegram_updates};
pub use template::{template_compile, template_suggest, text_parse};

/// A target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: that of its file in `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// Takes any bytes; a panic is a find.
    pub run: fn(&[u8]),
    /// Inputs that get far.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "shooter_body", run: shooter_body, seeds: shooter::body_seeds },
    Target { name: "shooter_signature", run: shooter_signature, seeds: shooter::signature_seeds },
    Target { name: "pushbullet_frame", run: pushbullet_frame, seeds: pushbullet::frame_seeds },
    Target { name: "pushbullet_history", run: pushbullet_history, seeds: pushbullet::history_seeds },
    Target { name: "pushbullet_ciphertext", run: pushbullet_ciphertext, seeds: pushbullet::ciphertext_seeds },
    Target { name: "telegram_update", run: telegram_update, seeds: telegram::update_seeds },
    Target { name: "telegram_updates", run: telegram_updates, seeds: telegram::updates_seeds },
    Target { name: "template_compile", run: template_compile, seeds: template::compile_seeds },
    Target { name: "template_suggest", run: template_suggest, seeds: template::suggest_seeds },
    Target { name: "text_parse", run: text_parse, seeds: template::text_seeds },
];

/// 2026-04-22T09:31:00Z.
const NOW: UnixMs = UnixMs(1_776_850_260_000);

#[cfg(test)]
mod tests;
