//! Users: remembered once, renamed, and known under a second id.

use domain::{AuthSource, User};
use store::user;

fn somebody(id: &str, username: &str) -> User {
    User { id: id.to_owned(), source: AuthSource::Auth, username: username.to_owned() }
}

#[tokio::test]
async fn a_second_id_with_a_known_name_is_an_alias() {
    let store = crate::db::store().await;
    let mut db = store.connection().await.expect("a connection");
    let first = somebody("one", "ALEX");
    assert_eq!(user::remember(&mut db, &first).await.expect("remembered"), first);
    assert_eq!(user::remember(&mut db, &somebody("two", "ALEX")).await.expect("remembered"), first);
    assert_eq!(user::remember(&mut db, &somebody("two", "ALEX")).await.expect("again"), first);
    assert_eq!(user::find(&mut db, &AuthSource::Auth, "two").await.expect("read"), Some(first.clone()));
    assert_eq!(user::find_by_username(&mut db, &AuthSource::Auth, "ALEX").await.expect("read"), Some(first));
    assert_eq!(user::find(&mut db, &AuthSource::Delius, "one").await.expect("read"), None);
}

#[tokio::test]
async fn a_new_name_under_a_known_id_renames() {
    let store = crate::db::store().await;
    let mut db = store.connection().await.expect("a connection");
    user::remember(&mut db, &somebody("one", "ALEX")).await.expect("remembered");
    let renamed = somebody("one", "ALEXANDRA");
    assert_eq!(user::remember(&mut db, &renamed).await.expect("renamed"), renamed);
    assert_eq!(user::find(&mut db, &AuthSource::Auth, "one").await.expect("read"), Some(renamed.clone()));

    // A name that somebody else still holds stays with them.
    user::remember(&mut db, &somebody("two", "SAM")).await.expect("remembered");
    assert_eq!(user::remember(&mut db, &somebody("two", "ALEXANDRA")).await.expect("kept"), somebody("two", "SAM"));
}

#[tokio::test]
async fn the_service_itself_is_known() {
    let store = crate::db::store().await;
    let mut db = store.connection().await.expect("a connection");
    let service = User::service();
    assert_eq!(user::find(&mut db, &service.source, &service.id).await.expect("read"), Some(service));
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_refused_at_once() {
    let refusal = store::Store::connect("postgres://nobody@127.0.0.1:1/none", 1).await.expect_err("nobody there");
    assert!(matches!(refusal, store::StoreError::Unavailable(_)), "{refusal}");
}
