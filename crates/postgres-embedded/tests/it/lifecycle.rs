//! Start, use, share, stop.

use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;

use postgres_embedded::{Options, StatementError};

use crate::{Place, eventually, is_live, server_pid, single};

#[tokio::test]
async fn a_started_server_answers_on_loopback_with_fixed_settings() {
    let place = Place::new();
    let server = place.start().await;
    assert!(server.version() >= 150_000, "{}", server.version());
    TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let url = server.url("interventions");
    assert!(url.starts_with("postgres://interventions:"), "{url}");
    assert!(url.ends_with(&format!("@127.0.0.1:{}/interventions?sslmode=disable", server.port())), "{url}");
    for (setting, expected) in [
        ("server_encoding", "UTF8"),
        ("lc_messages", "C"),
        ("TimeZone", "UTC"),
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("max_connections", "20"),
        ("fsync", "off"),
    ] {
        assert_eq!(single(&server, &format!("SHOW {setting}")).await, expected, "{setting}");
    }
    let provider = "SELECT datlocprovider::text || ' ' || datcollate FROM pg_database WHERE datname = 'template1'";
    assert_eq!(single(&server, provider).await, "c C");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_password_is_asked_for_and_never_shown() {
    let place = Place::new();
    let server = place.start().await;
    let password = std::fs::read_to_string(server.data_dir().join("password")).unwrap();
    assert!(!format!("{server:?}").contains(password.trim()));
    assert!(server.url("postgres").contains(password.trim()));
    assert_eq!(std::fs::metadata(server.data_dir().join("password")).unwrap().mode() & 0o777, 0o600);
    let rules = "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method NOT IN ('password', 'reject')";
    assert_eq!(single(&server, rules).await, "0");
    let kept = "SELECT split_part(rolpassword, ':', 1) FROM pg_authid WHERE rolcanlogin";
    assert_eq!(single(&server, kept).await, "SCRAM-SHA-256$1", "random as it is, it needs no rounds");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_database_is_created_once_however_many_ask() {
    let place = Place::new();
    let server = place.start().await;
    let names = tokio::join!(
        server.create_database_if_missing("interventions"),
        server.create_database_if_missing("interventions"),
        server.create_database_if_missing("interventions"),
    );
    names.0.and(names.1).and(names.2).unwrap();
    assert_eq!(single(&server, "SELECT count(*) FROM pg_database WHERE datname = 'interventions'").await, "1");
    let refused = server.create_database_if_missing("x\"; DROP DATABASE postgres").await.unwrap_err();
    assert!(matches!(refused, StatementError::Name(_)));
    let refused = server.execute("interventions", "SELECT 1 FROM absent").await.unwrap_err();
    assert!(matches!(refused, StatementError::Refused { code, .. } if code == "42P01"));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_restart_keeps_data_and_port() {
    let place = Place::new();
    let server = place.start().await;
    let port = server.port();
    server.execute("postgres", "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)").await.unwrap();
    let pid = server_pid(&server);
    server.stop().await.unwrap();
    assert!(!is_live(pid));

    let server = place.start().await;
    assert!(!server.is_adopted());
    assert_eq!(server.port(), port);
    assert_eq!(single(&server, "SELECT n FROM kept").await, "7");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn the_last_user_stops_a_shared_server() {
    let place = Place::new();
    let first = place.start().await;
    let second = place.start().await;
    assert!(!first.is_adopted());
    assert!(second.is_adopted());
    assert_eq!(first.url("postgres"), second.url("postgres"));
    let pid = server_pid(&first);
    first.stop().await.unwrap();
    assert_eq!(single(&second, "SELECT 1").await, "1");
    second.stop().await.unwrap();
    assert!(!is_live(pid));
}

#[tokio::test]
async fn dropping_stops_too() {
    let place = Place::new();
    let server = place.start().await;
    let pid = server_pid(&server);
    drop(server);
    eventually("the server ended", || !is_live(pid)).await;
}

#[tokio::test]
async fn two_at_once_share_one_server() {
    let place = Place::new();
    let (one, other) = tokio::join!(place.start(), place.start());
    assert_ne!(one.is_adopted(), other.is_adopted());
    assert_eq!(one.port(), other.port());
    one.stop().await.unwrap();
    other.stop().await.unwrap();
}

#[tokio::test]
async fn a_shared_server_is_not_restarted_for_other_settings() {
    let place = Place::new();
    let first = place.start().await;
    let second = postgres_embedded::start(Options { max_connections: 40, ..place.options() }).await.unwrap();
    assert!(second.is_adopted());
    assert_eq!(single(&second, "SHOW max_connections").await, "20");
    first.stop().await.unwrap();
    second.stop().await.unwrap();
}

#[tokio::test]
async fn the_server_never_runs_as_root() {
    let place = Place::new();
    let server = place.start().await;
    let owner = std::fs::metadata(format!("/proc/{}", server_pid(&server))).unwrap().uid();
    assert_ne!(owner, 0);
    let we_are_root = rustix::process::geteuid().is_root();
    assert!(we_are_root || owner == rustix::process::geteuid().as_raw());
    server.stop().await.unwrap();
}

#[tokio::test]
async fn destroying_removes_everything_but_not_under_a_user() {
    let place = Place::new();
    let server = place.start().await;
    let refused = postgres_embedded::destroy(&place.data_dir()).await.unwrap_err();
    assert!(refused.to_string().contains("in use"), "{refused}");
    assert_eq!(single(&server, "SELECT 1").await, "1");
    server.stop().await.unwrap();
    postgres_embedded::destroy(&place.data_dir()).await.unwrap();
    assert!(!place.data_dir().exists());
    postgres_embedded::destroy(&place.data_dir()).await.unwrap();
}
