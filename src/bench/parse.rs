//! Reading a text with few and with many templates of its sender: normalising included, as the parser does it.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{anyhow, ensure};

use super::samples::{Samples, us};
use super::{Figure, Scale, Target};
use crate::domain::sms::SmsState;
use crate::domain::template::TemplateBook;
use crate::domain::template::synthetic::{SENDER, Spread, entries, texts};
use crate::domain::text::normalise;
use crate::domain::time::UnixMs;

const TEXTS: u32 = 2_000;

pub(super) fn measure(scale: Scale) -> anyhow::Result<Vec<Figure>> {
    let sizes: [usize; 3] = scale.pick([10, 1_000, 10_000], [10, 100, 1_000]);
    let mut figures = Vec::new();
    let mut costs = Vec::new();
    for size in sizes {
        let cost = cost(size, scale.pick(15, 5))?;
        costs.push(cost);
        figures.push(Figure::new(format!("parse: one text, {size} templates"), us(cost), "us"));
    }
    if let [few, .., many] = costs.as_slice() {
        let ratio = many.as_secs_f64() / few.as_secs_f64();
        let [least, .., most] = sizes;
        figures.push(Figure::new(format!("parse: {most} / {least} templates"), ratio, "x").to(Target::AtMost(2.0)));
    }
    Ok(figures)
}

/// What one text costs: the median of several rounds over texts of all templates.
fn cost(templates: usize, rounds: u32) -> anyhow::Result<Duration> {
    let entries = entries(templates, Spread::OneSender).map_err(|errors| anyhow!("{errors:?}"))?;
    let book = TemplateBook::build(entries);
    let texts = texts(TEXTS as usize, templates);
    let received_at: UnixMs = "2026-04-22T00:30:00Z".parse().map_err(|error| anyhow!("{error}"))?;
    let parse = |text: &String| book.parse(SENDER, &normalise(text), received_at);
    for text in &texts {
        let parsed = parse(text);
        ensure!(parsed.state == SmsState::Parsed, "{} with {templates} templates: {text}", parsed.state);
    }
    let round = || {
        for text in &texts {
            black_box(parse(black_box(text)));
        }
    };
    Ok(Samples::of(rounds, round).median() / TEXTS)
}
