//! The decoders of what phones post, and their signature checks.

use super::NOW;
use crate::registry::device_registry::{DeviceSecret, KnownDevice};
use crate::sources::shooter::{Format, RawRequest, decode};

const URL: &str = "https://recon.example.com/ingest/t0ken/httpsms";
const CONTENT_TYPES: [Option<&str>; 4] =
    [Some("application/json"), Some("application/x-www-form-urlencoded"), None, Some("application/cloudevents+json")];

/// Every format, unsigned: the first byte chooses the format, the second the `Content-Type`; the rest is the body.
pub fn shooter_body(data: &[u8]) {
    let [format, content_type, body @ ..] = data else { return };
    let content_type = CONTENT_TYPES.get(usize::from(*content_type) % CONTENT_TYPES.len()).copied().flatten();
    let request = RawRequest { content_type, header: &|_| None, url: URL, query: "", body, now: NOW };
    let device = KnownDevice { id: 1, line: None, trusted: true, secret: None };
    // A refusal is an answer, too.
    let _ = decode(format_of(*format), &request, &device);
}

/// Every signature check: the first byte chooses the format; the rest, cut at line breaks, is what the signing headers say,
/// the query, and the body.
pub fn shooter_signature(data: &[u8]) {
    let [format, rest @ ..] = data else { return };
    let mut parts = rest.splitn(5, |byte| *byte == b'\n');
    let mut text = || parts.next().and_then(|part| std::str::from_utf8(part).ok()).unwrap_or_default();
    let (first, second, third, query) = (text(), text(), text(), text());
    let body = parts.next().unwrap_or_default();
    let header = |name: &str| match name {
        "webhook-id" | "authorization" | "x-signature" => Some(first),
        "webhook-timestamp" | "x-timestamp" => Some(second),
        "webhook-signature" => Some(third),
        _ => None,
    };
    let request = RawRequest { content_type: None, header: &header, url: URL, query, body, now: NOW };
    let secret = Some(DeviceSecret("a-long-random-word".to_owned()));
    let device = KnownDevice { id: 1, line: None, trusted: true, secret };
    let _ = decode(format_of(*format), &request, &device);
}

pub(super) fn format_of(byte: u8) -> Format {
    Format::ALL.get(usize::from(byte) % Format::ALL.len()).copied().unwrap_or(Format::Recon)
}

/// What the simulated phones post, by the place of their format.
fn posts() -> impl Iterator<Item = (u8, crate::sim::phone::SimPost)> {
    use crate::sim::phone::{ReceivedSms, SimPhone};
    let text = "[Web발신]\n[KB]04/22 14:07\n123456**789\n주)A&B <1>\n입금\n50,000".to_owned();
    let sms = ReceivedSms { number: 1, sender: "15881688".to_owned(), text, at: NOW };
    (0_u8..).zip(Format::ALL).map(move |(place, format)| {
        let secret = Some("a-long-random-word".to_owned());
        let phone = SimPhone { format: *format, url: URL.to_owned(), secret, number: "01011112222".to_owned() };
        (place, phone.post(&sms, NOW))
    })
}

pub(super) fn body_seeds() -> Vec<Vec<u8>> {
    let form = |post: &crate::sim::phone::SimPost| post.body.first().is_none_or(|byte| *byte != b'{');
    posts().map(|(place, post)| [&[place, u8::from(form(&post))][..], &post.body].concat()).collect()
}

pub(super) fn signature_seeds() -> Vec<Vec<u8>> {
    posts()
        .map(|(place, post)| {
            let signing = post.headers.iter().filter(|(name, _)| *name != "Content-Type");
            let value = |(name, value): &(&str, String)| (*name == "X-Timestamp", value.clone());
            let mut values: Vec<(bool, String)> = signing.map(value).collect();
            // As `shooter_signature` cuts them: the signature before its time.
            values.sort_by_key(|(time, _)| *time);
            let mut seed = vec![place];
            for line in 0..4 {
                seed.extend(values.get(line).map(|(_, value)| value.as_bytes()).unwrap_or_default());
                seed.push(b'\n');
            }
            seed.extend(&post.body);
            seed
        })
        .collect()
}
