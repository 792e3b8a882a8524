//! A small admin server that answers as frozen, in memory, and that a test can have answer otherwise in one thing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Map, Value, json};

/// An answer before it is sent.
pub struct Answer {
    pub path: String,
    /// The token that was sent.
    pub token: String,
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Value,
}

/// What a test has the server do to an answer.
pub type Bend = dyn Fn(&mut Answer) + Send + Sync;

/// A running server.
pub struct Fake {
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

/// What it holds.
#[derive(Default)]
struct Rows {
    next_id: i64,
    phones: BTreeMap<i64, Value>,
    templates: BTreeMap<i64, Value>,
    pushbullet: BTreeMap<i64, Value>,
    devices: BTreeMap<i64, Value>,
    sms: BTreeMap<i64, Value>,
    own: Vec<String>,
}

pub const PASSWORD: &str = "right horse";
pub const FRESH: &str = "fresh-token-0123456789";
pub const EXPIRING: &str = "expiring-token-0123456789";
pub const EXPIRED: &str = "expired-token-0123456789";
pub const VIEWER: &str = "viewer-token-0123456789";
const NOW: i64 = 1_777_000_000;

impl Fake {
    /// One that answers as frozen.
    pub fn right() -> Self {
        Self::bent(|_| {})
    }

    /// One that does something to its answers.
    pub fn bent(bend: impl Fn(&mut Answer) + Send + Sync + 'static) -> Self {
        let (bend, asked): (Arc<Bend>, Arc<Mutex<Vec<String>>>) = (Arc::new(bend), Arc::default());
        let rows = Arc::new(Mutex::new(Rows::filled()));
        let (tell, told) = std::sync::mpsc::channel();
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    let (bend, rows, log) = (Arc::clone(&bend), Arc::clone(&rows), Arc::clone(&log));
                    App::new().default_service(web::to(move |request: HttpRequest, body: web::Bytes| {
                        let (bend, rows, log) = (Arc::clone(&bend), Arc::clone(&rows), Arc::clone(&log));
                        async move { serve(&request, &body, &rows, &log, &*bend) }
                    }))
                });
                let server = server.workers(1).bind("127.0.0.1:0").unwrap();
                tell.send(server.addrs()[0]).unwrap();
                server.run().await.unwrap();
            });
        });
        Self { url: format!("http://{}", told.recv().unwrap()), asked }
    }

    /// What it was asked: `POST /api/admin/login`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    request: &HttpRequest,
    body: &[u8],
    rows: &Mutex<Rows>,
    log: &Mutex<Vec<String>>,
    bend: &Bend,
) -> HttpResponse {
    log.lock().unwrap().push(format!("{} {}", request.method(), request.path()));
    let mut fields: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let query = web::Query::<BTreeMap<String, String>>::from_query(request.query_string()).unwrap().into_inner();
    fields.extend(query.into_iter().map(|(name, value)| (name, Value::from(value))));
    // Other stacks call a page's number and size otherwise.
    for (theirs, ours) in [("pageNum", "page"), ("limit", "pageSize")] {
        if let Some(value) = fields.remove(theirs) {
            fields.insert(ours.to_owned(), value);
        }
    }
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bearer = header("authorization").strip_prefix("Bearer ").unwrap_or_default();
    let token = if bearer.is_empty() { header("x-token") } else { bearer };
    let path = request.path().strip_prefix("/api/admin").unwrap_or("/nobody").to_owned();
    let (status, body) = rows.lock().unwrap().answer(&path, &fields, token);
    let mut headers = vec![("content-type", "application/json".to_owned())];
    if token == EXPIRING {
        headers.push(("new-token", "next-token-0123456789ab".to_owned()));
        headers.push(("new-expires-at", (NOW + 7200).to_string()));
        headers.push(("access-control-expose-headers", "new-token, new-expires-at".to_owned()));
    }
    let mut answer = Answer { path, token: token.to_owned(), status, headers, body };
    bend(&mut answer);
    let mut response = HttpResponse::build(actix_web::http::StatusCode::from_u16(answer.status).unwrap());
    for (name, value) in answer.headers {
        response.append_header((name, value));
    }
    response.body(answer.body.to_string())
}

fn ok(data: impl serde::Serialize) -> (u16, Value) {
    (200, json!({"code": 0, "data": data, "msg": "ok"}))
}

fn refused(code: i64, data: impl serde::Serialize) -> (u16, Value) {
    (200, json!({"code": code, "data": data, "msg": format!("refused with {code}")}))
}

fn missing() -> (u16, Value) {
    refused(7404, json!({}))
}

fn invalid(field: &str) -> (u16, Value) {
    refused(7400, json!({"errors": [{"field": field, "message": "is not right"}]}))
}

fn number(fields: &Map<String, Value>, name: &str) -> Option<i64> {
    match fields.get(name)? {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    }
}

fn page(rows: &BTreeMap<i64, Value>, fields: &Map<String, Value>) -> (u16, Value) {
    let asked = |name: &str, default| if fields.contains_key(name) { number(fields, name) } else { Some(default) };
    let (Some(page), Some(size)) = (asked("page", 1), asked("pageSize", 10)) else { return invalid("page") };
    let size = size.clamp(1, 200);
    let fits = |row: &&Value| {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        text("phone").is_none_or(|phone| row["phone"] == phone)
            && text("keyword").is_none_or(|word| row["content"].as_str().is_some_and(|content| content.contains(word)))
            && number(fields, "status").is_none_or(|status| row["status"] == status)
            && number(fields, "check_status").is_none_or(|status| row["check_status"] == status)
            && number(fields, "start_time").is_none_or(|start| row["sms_time"].as_i64() >= Some(start))
            && number(fields, "end_time").is_none_or(|end| row["sms_time"].as_i64() <= Some(end))
    };
    for (name, known) in [("status", 0..=10), ("check_status", 0..=3), ("start_time", i64::MIN..=i64::MAX)] {
        if fields.contains_key(name) && !number(fields, name).is_some_and(|number| known.contains(&number)) {
            return invalid(name);
        }
    }
    let found: Vec<&Value> = rows.values().rev().filter(fits).collect();
    let skipped = usize::try_from((page - 1) * size).unwrap();
    let list: Vec<&Value> = found.iter().copied().skip(skipped).take(usize::try_from(size).unwrap()).collect();
    ok(json!({"list": list, "total": found.len(), "page": page, "pageSize": size}))
}

impl Rows {
    fn filled() -> Self {
        let mut rows = Self { next_id: 100, ..Self::default() };
        let sms = json!({
            "id": 41, "device_iden": null, "thread_id": null, "sms_id": null, "phone": "15990000", "name": null,
            "content": "입금 50,000원 홍길동", "money": 50000, "currency": "KRW", "balance": 12.5, "depositor": "홍길동",
            "account": null, "sms_time": NOW, "status": 3, "check_status": 0, "check_user": null, "check_time": null,
            "check_note": null, "order_id": null, "template_id": 1, "source": "shooter", "create_time": NOW, "update_time": NOW,
        });
        rows.sms.insert(41, sms);
        rows.devices.insert(7, device(7));
        rows
    }

    fn answer(&mut self, path: &str, fields: &Map<String, Value>, token: &str) -> (u16, Value) {
        if path == "/login" {
            let is_right = fields["username"] == "admin" && fields["password"] == PASSWORD;
            let user = json!({"id": 1, "username": "admin", "role": "admin"});
            return if is_right {
                let token = format!("own-token-0123456789-{}", self.id());
                self.own.push(token.clone());
                ok(json!({"user": user, "token": token, "expires_at": 4_000_000_000_i64}))
            } else {
                refused(7400, json!({}))
            };
        }
        if ![FRESH, EXPIRING, VIEWER].contains(&token) && !self.own.iter().any(|own| own == token) {
            return (401, json!({"code": 7, "data": null, "msg": "log in first"}));
        }
        if token == VIEWER && path.ends_with("/add") {
            return refused(7403, json!({}));
        }
        if path != "/shooter/device/delete" {
            // The row that cases delete is there again for the next one.
            self.devices.entry(8).or_insert_with(|| device(8));
        }
        match path {
            "/logout" => {
                self.own.retain(|own| own != token);
                ok(json!({}))
            }
            "/me" => ok(json!({"id": 1, "username": "admin", "role": "admin"})),
            "/top_info" => {
                ok(json!({"sms_need_check_cnt": 1, "recharge_pending_cnt": 0, "shooter_device_untrusted_cnt": 0,
                "loops_stale_cnt": 0, "recon_available": true, "as_of": now()}))
            }
            "/shooter/phone/add" => self.add_phone(fields),
            "/shooter/template/add" => self.add_template(fields),
            "/pushbullet/device/add" => self.add_pushbullet(fields),
            "/shooter/sms/reset" => self.reset(fields),
            _ => self.by_table(path, fields),
        }
    }

    fn by_table(&mut self, path: &str, fields: &Map<String, Value>) -> (u16, Value) {
        let (table, verb) = path.rsplit_once('/').unwrap();
        let rows = match table {
            "/shooter/phone" => &mut self.phones,
            "/shooter/template" => &mut self.templates,
            "/pushbullet/device" => &mut self.pushbullet,
            "/shooter/device" => &mut self.devices,
            "/shooter/sms" => &mut self.sms,
            _ => return missing(),
        };
        if verb == "list" {
            return page(rows, fields);
        }
        let Some(id) = number(fields, "id") else { return invalid("id") };
        let Some(row) = rows.get_mut(&id) else { return missing() };
        match verb {
            "get" => {
                let mut row = row.clone();
                row["candidates"] = json!([]);
                return ok(row);
            }
            "trust" => row["trusted"] = fields["trusted"].clone(),
            "check" => match fields["check_status"].as_i64() {
                Some(status @ (0 | 2 | 3)) => {
                    row["check_status"] = json!(status);
                    row["check_note"] = fields.get("note").cloned().unwrap_or_default();
                }
                _ => return invalid("check_status"),
            },
            "delete" => {
                rows.remove(&id);
                return ok(json!({}));
            }
            _ => return missing(),
        }
        ok(row.clone())
    }

    fn id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id
    }

    fn add_phone(&mut self, fields: &Map<String, Value>) -> (u16, Value) {
        let Some(phone) = fields.get("phone") else { return invalid("phone") };
        if let Some(known) = self.phones.values().find(|row| row["phone"] == *phone) {
            return refused(7409, known.clone());
        }
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let id = self.id();
        let row =
            json!({"id": id, "phone": phone, "bank": field("bank"), "remark": field("remark"), "create_time": now()});
        self.phones.insert(id, row.clone());
        ok(row)
    }

    fn add_template(&mut self, fields: &Map<String, Value>) -> (u16, Value) {
        if !fields["template"].as_str().is_some_and(|text| text.contains('}')) {
            return invalid("template");
        }
        let id = self.id();
        let row = json!({"id": id, "name": fields["name"], "phone": fields["phone"], "template": fields["template"],
            "kind": "typed", "status": 1, "create_time": now(), "update_time": now()});
        self.templates.insert(id, row.clone());
        ok(row)
    }

    fn add_pushbullet(&mut self, fields: &Map<String, Value>) -> (u16, Value) {
        if !fields.contains_key("token") {
            return invalid("token");
        }
        let id = self.id();
        let row = json!({"id": id, "name": fields["name"], "iden": fields["iden"], "token": "…ract",
            "phone": fields["phone"], "status": 1, "last_time": null, "create_time": now()});
        self.pushbullet.insert(id, row.clone());
        ok(row)
    }

    fn reset(&self, fields: &Map<String, Value>) -> (u16, Value) {
        let one = fields.get("id").cloned().into_iter();
        let many = fields.get("ids").and_then(Value::as_array).cloned().unwrap_or_default();
        let ids: Vec<i64> = one.chain(many).filter_map(|id| id.as_i64()).collect();
        if ids.is_empty() {
            return invalid("ids");
        }
        let (known, unknown): (Vec<i64>, Vec<i64>) = ids.iter().partition(|id| self.sms.contains_key(id));
        let skipped: Vec<Value> =
            unknown.iter().map(|id| json!({"id": id, "reason": "there is no such sms"})).collect();
        ok(json!({"reset": known.len(), "skipped": skipped}))
    }
}

fn device(id: i64) -> Value {
    json!({"id": id, "device_id": null, "name": format!("counter-{id}"), "phone": null, "trusted": 1, "online": 0,
        "last_time": null, "create_time": NOW})
}

fn now() -> i64 {
    recon::clock::Clock::system().now().0 / 1000
}
