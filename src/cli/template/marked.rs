//! Messages in a file, with their values marked: `[KB]04/22 14:07 {name=홍길동} 입금 {amount=50,000}`.

use serde_json::{Map, Value, json};

/// The texts of a file: what stands between lines of `---`.
pub(super) fn parts(file: &str) -> Vec<String> {
    let mut parts = vec![Vec::new()];
    for line in file.lines() {
        if line.trim_end() == "---" {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(line);
        }
    }
    let texts = parts.into_iter().map(|lines| lines.join("\n").trim().to_owned());
    texts.filter(|text| !text.is_empty()).collect()
}

/// The examples of a file as the API takes them. An error is a sentence.
pub(super) fn examples(file: &str) -> Result<Vec<Value>, String> {
    parts(file).iter().map(|part| example(part)).collect()
}

fn example(marked: &str) -> Result<Value, String> {
    let mut text = String::new();
    let mut fields = Map::new();
    let mut rest = marked;
    while let Some((before, mark)) = rest.split_once('{') {
        text.push_str(before);
        // A brace that marks nothing is text.
        let Some((inside, behind)) = mark.split_once('}').filter(|(inside, _)| inside.contains('=')) else {
            text.push('{');
            rest = mark;
            continue;
        };
        let (field, value) = inside.split_once('=').unwrap_or_default();
        let start = text.chars().count();
        text.push_str(value);
        let mark = json!({ "value": value, "start": start, "end": start + value.chars().count() });
        if fields.insert(field.trim().to_owned(), mark).is_some() {
            return Err(format!("{field} is marked twice in one message"));
        }
        rest = behind;
    }
    text.push_str(rest);
    if fields.is_empty() {
        return Err("a message has no marked values: write {amount=50,000} where the amount stands".to_owned());
    }
    Ok(json!({ "text": text, "fields": fields }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_values_with_their_places() {
        let file = "[KB] {x}\n{name=홍길동}\n입금 {amount=50,000}\n---\n\n{금액=1}원 입금\n---\n";
        assert_eq!(
            examples(file).unwrap(),
            [
                json!({"text": "[KB] {x}\n홍길동\n입금 50,000", "fields": {
                    "name": {"value": "홍길동", "start": 9, "end": 12},
                    "amount": {"value": "50,000", "start": 16, "end": 22},
                }}),
                json!({"text": "1원 입금", "fields": {"금액": {"value": "1", "start": 0, "end": 1}}}),
            ]
        );
        assert!(examples("입금 5,000").unwrap_err().contains("no marked values"));
        assert!(examples("{amount=1} {amount=2}").unwrap_err().contains("twice"));
        assert_eq!(parts("a\nb\n---\nc"), ["a\nb", "c"]);
    }
}
