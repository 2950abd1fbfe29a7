//! What cannot be done is said in one clear line.

use std::fs;
use std::net::TcpListener;

use postgres_embedded::{Choice, Options, Search, StartError};

use crate::{Place, set_mode, single};

#[tokio::test]
async fn an_occupied_port_is_named() {
    let place = Place::new();
    let holder = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = holder.local_addr().unwrap().port();
    let error = postgres_embedded::start(Options { port: Some(port), ..place.options() }).await.unwrap_err();
    assert!(matches!(error, StartError::PortOccupied { port: named } if named == port), "{error}");
    drop(holder);
    let server = postgres_embedded::start(Options { port: Some(port), ..place.options() }).await.unwrap();
    assert_eq!(server.port(), port);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_kept_port_that_is_taken_gives_way_to_another() {
    let place = Place::new();
    let server = place.start().await;
    let port = server.port();
    server.stop().await.unwrap();
    let _holder = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let server = place.start().await;
    assert_ne!(server.port(), port);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_left_alone() {
    let place = Place::new();
    let cluster = place.data_dir().join("cluster");
    fs::create_dir_all(&cluster).unwrap();
    fs::write(cluster.join("PG_VERSION"), "11\n").unwrap();
    let error = postgres_embedded::start(place.options()).await.unwrap_err();
    assert!(matches!(error, StartError::OtherMajorVersion { made_by: 11, .. }), "{error}");
    assert_eq!(fs::read_to_string(cluster.join("PG_VERSION")).unwrap(), "11\n");
}

#[tokio::test]
async fn without_programs_the_next_step_is_named() {
    let place = Place::new();
    let nowhere = Search { choice: Choice::Wheel, ..Search::default() };
    let error = postgres_embedded::start_with(place.options(), &nowhere).await.unwrap_err();
    assert!(matches!(error, StartError::NoPrograms));
    assert!(error.to_string().contains("make setup"));
    assert!(!error.to_string().contains('\n'));

    let empty = Search { choice: Choice::Folder(place.data_dir()), ..Search::default() };
    let error = postgres_embedded::start_with(place.options(), &empty).await.unwrap_err();
    assert!(matches!(error, StartError::NotThere { folder } if folder == place.data_dir()));
}

#[tokio::test]
async fn a_folder_that_the_account_cannot_reach_is_replaced() {
    let place = Place::new();
    set_mode(place.temporary.path(), 0o700);
    let server = place.start().await;
    let kept_at = server.data_dir().to_owned();
    let is_elsewhere = kept_at != fs::canonicalize(place.data_dir()).unwrap();
    // Only root gives the server to another account, which then cannot enter a folder that is root's alone.
    assert_eq!(is_elsewhere, rustix::process::geteuid().is_root(), "{}", kept_at.display());
    server.execute("postgres", "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)").await.unwrap();
    server.stop().await.unwrap();

    let server = place.start().await;
    assert_eq!(server.data_dir(), kept_at);
    assert_eq!(single(&server, "SELECT n FROM kept").await, "7");
    server.stop().await.unwrap();

    // A requested folder that was deleted by hand means a fresh start, not the old data.
    fs::remove_dir_all(place.data_dir()).unwrap();
    let server = place.start().await;
    assert_eq!(single(&server, "SELECT count(*) FROM pg_class WHERE relname = 'kept'").await, "0");
    server.stop().await.unwrap();
    postgres_embedded::destroy(&place.data_dir()).await.unwrap();
    assert!(!kept_at.exists());
}
