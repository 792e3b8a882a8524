//! `recon contract` against real daemons: every frozen route of a whole one, two edges side by side, and rows of an old
//! server as they came.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use super::parsed;
use crate::support::Shell;

/// `recon run` in a shell's directory.
struct Running {
    child: Child,
    ready: Value,
}

impl Running {
    fn start(shell: &Shell, args: &[&str]) -> Self {
        let mut command = shell.command(&[&["run"], args].concat());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).unwrap_or_default();
                if line["message"] == "recon is ready" {
                    let _ = tell.send(line);
                }
            }
        });
        // Killed with it, where it is not ready in time.
        let mut running = Self { child, ready: Value::Null };
        running.ready = told.recv_timeout(Duration::from_secs(30)).unwrap();
        running
    }

    fn url(&self, role: &str) -> String {
        format!("http://{}", self.ready[format!("{role}.address")].as_str().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn shell() -> Shell {
    let mut shell = Shell::new().var("RECON_LOG__FORMAT", "json");
    for bind in ["SERVICE", "WORKER", "ADMIN", "WALLET"] {
        shell = shell.var(&format!("RECON_{bind}__BIND"), "127.0.0.1:0");
    }
    shell
}

fn read(shell: &Shell, file: &str) -> String {
    std::fs::read_to_string(shell.path().join(file)).unwrap().trim().to_owned()
}

/// Posts to a route of the edge, and answers `data` of a success.
fn asks(url: &str, token: &str, path: &str, body: &Value) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.post(format!("{url}/api/admin{path}")).header("x-token", token).json(body);
        let answer: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(answer["code"], 0, "{path}: {answer}");
        answer["data"].clone()
    })
}

fn logs_in(url: &str, name: &str, password: &str) -> String {
    let login = asks(url, "none", "/login", &json!({"username": name, "password": password}));
    login["token"].as_str().unwrap().to_owned()
}

/// Every field of old messages as the export had it: one that was decided, one that waits for people, one of dollars.
fn old_rows() -> Vec<Value> {
    // An hour ago: retention has no say in it.
    let at = recon::clock::Clock::system().now().0 / 1000 - 3_600;
    let settled = json!({
        "id": 41, "device_iden": "ujA", "thread_id": "7", "sms_id": "1201", "phone": "15881688", "name": "은행",
        "content": "입금 50,000원 홍길동", "money": 50000, "currency": "KRW", "balance": 1_250_000, "depositor": "홍길동",
        "account": "110-***-1", "sms_time": at, "status": 10, "check_status": 2, "check_user": "kim",
        "check_time": at + 60, "check_note": "seen", "order_id": "R-1", "template_id": 3, "source": "pushbullet",
        "create_time": at + 1, "update_time": at + 61,
    });
    let waiting = json!({
        "id": 42, "device_iden": null, "thread_id": null, "sms_id": null, "phone": "15991699", "name": null,
        "content": "알림", "money": null, "currency": "KRW", "balance": null, "depositor": null, "account": null,
        "sms_time": at, "status": 5, "check_status": 1, "check_user": "lee", "check_time": at + 5, "check_note": "ask",
        "order_id": null, "template_id": null, "source": "shooter", "create_time": at + 1, "update_time": at + 2,
    });
    let dollars = json!({
        "id": 43, "device_iden": null, "thread_id": null, "sms_id": "x-1", "phone": "BANK", "name": null,
        "content": "Deposit 12.50", "money": 12.5, "currency": "USD", "balance": null, "depositor": "HONG", "account": null,
        "sms_time": at, "status": 3, "check_status": 0, "check_user": null, "check_time": null, "check_note": null,
        "order_id": null, "template_id": null, "source": "telegram", "create_time": at + 1, "update_time": at + 2,
    });
    vec![settled, waiting, dollars]
}

#[test]
fn a_running_daemon_holds_and_two_edges_answer_alike() {
    let shell = shell();
    let rows = old_rows();
    let lines: Vec<String> = rows.iter().map(|row| json!({"table": "sms", "row": row}).to_string()).collect();
    shell.file("old.ndjson", &lines.join("\n"));
    assert_eq!(shell.run(&["migrate"]).code, 0);
    let imported = shell.run(&["import", "shooter", "old.ndjson"]);
    assert_eq!(imported.code, 0, "{imported:?}");
    let whole = Running::start(&shell, &[]);
    let added = shell.run(&["admin", "user", "add", "watcher", "--role", "viewer"]);
    let viewers = added.stdout.trim().rsplit(' ').next().unwrap();
    let edge = whole.url("admin");

    let viewer = logs_in(&edge, "watcher", viewers);
    for row in rows {
        let mut shown = asks(&edge, &viewer, "/shooter/sms/get", &json!({"id": row["id"]}));
        shown.as_object_mut().unwrap().remove("candidates");
        assert_eq!(shown, row, "an imported row shows what it came with");
        let listed = asks(&edge, &viewer, "/shooter/sms/list", &json!({"keyword": row["content"]}));
        assert_eq!(listed["list"], json!([row]));
    }

    let variable = format!("viewer_token={viewer}");
    let service = whole.url("service");
    let verify = [
        "contract",
        "verify",
        "--base-url",
        &edge,
        "--password-file",
        "data/admin-password",
        "--recon-url",
        &service,
        "--variable",
        &variable,
        "--junit",
        "junit.xml",
        "--json",
    ];
    let ran = shell.run(&verify);
    let report = parsed(&ran);
    assert_eq!((ran.code, &report["ok"], &report["skipped"]), (0, &json!(true), &json!(0)), "{}", ran.stdout);
    let routes = report["routes"].as_array().unwrap();
    assert!(routes.len() == 20 && routes.iter().all(|route| route["coverage"] == "covered"), "{}", report["routes"]);
    let junit = read(&shell, "junit.xml");
    assert!(junit.contains("failures=\"0\" errors=\"0\" skipped=\"0\""), "{junit}");
    assert!(!ran.stdout.contains(&viewer) && !junit.contains(&viewer), "no token is shown");

    // An edge in a process of its own, with operators of its own, in front of the same recon and wallet.
    let wallet = whole.url("wallet");
    let second = self::shell()
        .var("RECON_ADMIN__SERVICE_URL", &service)
        .var("RECON_ADMIN__WALLET_URL", &wallet)
        .var("RECON_SERVICE__TOKEN", &read(&shell, "data/service.token"))
        .var("RECON_WALLET__TOKEN", &read(&shell, "data/wallet.token"));
    let alone = Running::start(&second, &["--roles", "admin"]);
    shell.file("second-password", &read(&second, "data/admin-password"));
    let diff = [
        "contract",
        "diff",
        "--old",
        &edge,
        "--new",
        &alone.url("admin"),
        "--old-password-file",
        "data/admin-password",
        "--new-password-file",
        "second-password",
        "--variable",
        "sms_id=41",
        "--variable",
        "sms_phone=15991699",
        "--json",
    ];
    let ran = shell.run(&diff);
    let report = parsed(&ran);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    let of = |verdict: &str| {
        let cases = report["cases"].as_array().unwrap();
        cases.iter().filter(|case| case["verdict"] == verdict).map(|case| case["case"].clone()).collect::<Vec<_>>()
    };
    assert!(of("same").contains(&json!("shooter/sms-get")) && of("same").len() >= 12, "{report}");
    assert_eq!((of("differs"), of("broken")), (vec![], vec![]), "{report}");
}
