//! The first start, probes, and a process that has no other role.

use std::os::unix::fs::PermissionsExt as _;

use reqwest::Method;

use super::edge::expect_code;
use super::story;
use crate::support::daemon::Daemon;

#[test]
fn a_first_start_makes_one_operator_whose_password_is_in_a_file() {
    story(&[], async |edge| {
        let path = edge.data_dir().join("admin-password");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let password = std::fs::read_to_string(&path).unwrap();
        let login = edge.login("admin", password.trim()).await;
        assert_eq!(expect_code(&login, 200, 0)["user"]["role"], "admin");
        let another = edge.another().await;
        expect_code(&another.login("admin", password.trim()).await, 200, 0);
        assert_eq!(edge.store.users().await.unwrap().len(), 1);
    });
}

#[test]
fn it_runs_alone_and_says_how_it_is() {
    story(&[], async |edge| {
        for probe in ["/livez", "/readyz", "/metrics"] {
            assert_eq!(edge.request(Method::GET, probe).send().await.status, 200, "{probe}");
        }
        let health = edge.request(Method::GET, "/healthz").send().await.expect(200);
        let loops: Vec<&str> =
            health["loops"].as_array().unwrap().iter().map(|actor| actor["id"].as_str().unwrap()).collect();
        assert!(loops.contains(&"admin_session_desk") && !loops.contains(&"inbox"), "{health}");
        assert!(health["checks"].as_array().unwrap().iter().any(|check| check["name"] == "admin_store"), "{health}");
        assert!(!edge.data_dir().join("recon.db").exists() && !edge.data_dir().join("secrets.key").exists());
    });
}

#[actix_rt::test]
async fn a_daemon_with_all_roles_says_where_the_password_is_and_not_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path()).await;
    let password = std::fs::read_to_string(dir.path().join("admin-password")).unwrap();
    let log = daemon.log();
    assert!(log.contains("admin-password") && !log.contains(password.trim()), "{log}");
    let actors = daemon.api.get("/internal/v2/actors").await.expect(200);
    assert!(actors["items"].as_array().unwrap().iter().any(|actor| actor["id"] == "admin_session_desk"), "{actors}");
}
