//! Servers that speak as other admin stacks do: one case serves them all.

use serde_json::{Map, Value, json};

use super::fake::{Answer, EXPIRED, Fake};
use super::{by_token, shell};

fn renamed(fields: &mut Value, names: &[(&str, &str)]) {
    let Some(map) = fields.as_object_mut() else { return };
    *map = std::mem::take(map)
        .into_iter()
        .map(|(key, value)| {
            let name =
                names.iter().find(|(ours, _)| *ours == key).map_or(key.clone(), |(_, theirs)| (*theirs).to_owned());
            (name, value)
        })
        .collect();
}

fn is_list(answer: &Answer) -> bool {
    answer.body["data"].get("list").is_some()
}

/// None of them tells the next token, nor repeats which page it was.
fn tell_less(answer: &mut Answer) {
    answer.headers.retain(|(name, _)| *name == "content-type");
    if let Some(data) = answer.body["data"].as_object_mut().filter(|data| data.contains_key("list")) {
        data.retain(|name, _| !["page", "pageSize"].contains(&name.as_str()));
    }
}

fn vue_element_admin(answer: &mut Answer) {
    tell_less(answer);
    renamed(&mut answer.body["data"], &[("list", "items")]);
    match (answer.status, answer.body["code"].as_i64()) {
        (200, Some(0)) => answer.body["code"] = json!(20000),
        (200, Some(7400)) if answer.path == "/login" => answer.body["code"] = json!(60204),
        (401, _) if answer.token == EXPIRED => (answer.status, answer.body["code"]) = (200, json!(50014)),
        (401, _) => (answer.status, answer.body["code"]) = (200, json!(50008)),
        _ => {}
    }
    renamed(&mut answer.body, &[("msg", "message")]);
}

fn ruoyi(answer: &mut Answer) {
    tell_less(answer);
    let code = match answer.body["code"].as_i64().unwrap() {
        0 => 200,
        7 => 401,
        7400 => 500,
        other => other - 7000,
    };
    (answer.status, answer.body["code"]) = (200, json!(code));
    if is_list(answer) {
        renamed(&mut answer.body["data"], &[("list", "rows")]);
        let data: Map<String, Value> = answer.body["data"].as_object().unwrap().clone();
        let envelope = answer.body.as_object_mut().unwrap();
        envelope.remove("data");
        envelope.extend(data);
    }
}

fn vben5(answer: &mut Answer) {
    tell_less(answer);
    renamed(&mut answer.body["data"], &[("list", "items")]);
    match (answer.status, answer.body["code"].as_i64()) {
        (401, _) => answer.body["code"] = json!(-1),
        (200, Some(7403)) => (answer.status, answer.body["code"]) = (403, json!(-1)),
        (200, Some(7400)) if answer.path == "/login" => answer.body["code"] = json!(-1),
        _ => {}
    }
    renamed(&mut answer.body, &[("msg", "message")]);
}

/// Says an answer as a stack does.
type Speak = fn(&mut Answer);

const STACKS: [(&str, Speak); 3] = [("vue-element-admin", vue_element_admin), ("ruoyi", ruoyi), ("vben5", vben5)];

#[test]
fn one_case_serves_every_stack_and_each_is_held_to_its_own_names() {
    let shell = shell();
    let tokens = ["--expiring-token-file", "expiring", "--expired-token-file", "expired"];
    for (name, speak) in STACKS {
        let fake = Fake::bent(speak);
        let ran = by_token(&shell, &fake.url, &[&tokens[..], &["--profile", name]].concat());
        assert_eq!(ran.code, 0, "{name}: {}\n{}", ran.stdout, ran.stderr);
        let ran = by_token(&shell, &fake.url, &[]);
        assert_eq!(ran.code, 1, "{name} is not the default");
        let ran = by_token(&shell, &Fake::right().url, &["--profile", name, "--only", "top-info"]);
        assert!(
            ran.stdout.contains(&format!("no name of {name}")) || ran.stdout.contains(&format!("no code of {name}")),
            "{}",
            ran.stdout
        );
    }
    let ran = by_token(&shell, "http://127.0.0.1:1", &["--profile", "nobody"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("gin-vue-admin, vue-element-admin, ruoyi, vben5"), "{}", ran.stderr);
}
