use super::super::*;
#[test]
fn synthetic() {
    for spread in [synthetic::Spread::OneSender, synthetic::Spread::Everyone] {
        let book = TemplateBook::build(synthetic::entries(40, spread).unwrap());
        for (n, text) in synthetic::texts(40, 40).iter().enumerate() {
            let text = crate::domain::text::normalise(text);
            let parsed = book.parse(synthetic::SENDER, &text, "2026-04-22T00:00:00Z".parse().unwrap());
            assert_eq!(parsed.state, crate::domain::sms::SmsState::Parsed, "{n} {text:?} {parsed:?}");
            assert_eq!(parsed.fitting.len(), 1);
        }
    }
}
