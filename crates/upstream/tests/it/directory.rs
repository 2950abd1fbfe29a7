//! The directory of users, in both flavours.

use crate::server::{Reply, Server, trace};
use runtime::Secret;
use upstream::config::DirectoryFlavour;
use upstream::manage_users::EmailLookup;

#[tokio::test]
async fn users_are_found_in_either_flavour() {
    let flavours = [
        (DirectoryFlavour::ManageUsers, "users/me", "users/U%201", "externalusers/U%201"),
        (DirectoryFlavour::AuthLegacy, "api/user/me", "api/user/U%201", "api/authuser/U%201"),
    ];
    for (flavour, me, user, external) in flavours {
        let server = Server::start().await;
        let get = |path: &str| format!("GET /manage-users/{path}");
        server.on(&get(me), [Reply::fixture("manage-users/me.json")]);
        server.on(&get(user), [Reply::fixture("manage-users/me-unknown-source.json"), Reply::status(404)]);
        server.on(&get(external), [Reply::fixture("manage-users/external-user.json"), Reply::status(404)]);
        let mut config = server.config();
        config.manage_users.flavour = flavour;
        let directory = server.upstreams_with(config).await.manage_users;
        let me_answer = directory.me(&trace(), &Secret::new("user-token")).await.unwrap();
        assert_eq!(me_answer.auth_source.as_deref(), Some("delius"));
        assert_eq!(server.seen(&get(me))[0].header("authorization"), Some("Bearer user-token"));
        let found = directory.user(&trace(), "U 1").await.unwrap().unwrap();
        assert!(found.name.is_none() && found.active.is_none());
        assert!(directory.user(&trace(), "U 1").await.unwrap().is_none());
        let external_user = directory.external_user(&trace(), "U 1").await.unwrap().unwrap();
        assert!(external_user.can_be_assigned());
        assert!(directory.external_user(&trace(), "U 1").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn only_a_verified_address_is_one_to_write_to() {
    let server = Server::start().await;
    server.on(
        "GET /manage-users/users/U1/email",
        [
            Reply::fixture("manage-users/email.json"),
            Reply::fixture("manage-users/email-unverified.json"),
            Reply::status(204),
            Reply::status(404),
        ],
    );
    server.on("GET /manage-users/users/me/email", [Reply::status(204)]);
    let directory = server.upstreams().await.manage_users;
    let ask = async || directory.user_email(&trace(), "U1").await.unwrap();
    assert_eq!(ask().await, EmailLookup::Verified("pat.practitioner@example.org".to_owned()));
    assert_eq!(ask().await, EmailLookup::NoneVerified);
    assert_eq!(ask().await, EmailLookup::NoneVerified);
    assert_eq!(ask().await, EmailLookup::NoSuchUser);
    let mine = directory.my_email(&trace(), &Secret::new("user-token")).await.unwrap();
    assert_eq!(mine, EmailLookup::NoneVerified);
}

#[tokio::test]
async fn external_users_are_found_by_address() {
    let server = Server::start().await;
    let path = "GET /manage-users/externalusers";
    server.on(path, [Reply::fixture("manage-users/external-users.json"), Reply::status(204)]);
    let directory = server.upstreams().await.manage_users;
    let address = "robin+work@example.org";
    let found = directory.external_users_by_email(&trace(), address).await.unwrap();
    let assignable: Vec<bool> = found.iter().map(upstream::manage_users::ExternalUser::can_be_assigned).collect();
    assert_eq!(assignable, [true, false]);
    assert_eq!(server.seen(path)[0].target, "/manage-users/externalusers?email=robin%2Bwork%40example.org");
    assert_eq!(directory.external_users_by_email(&trace(), address).await.unwrap(), []);
}

#[tokio::test]
async fn groups_are_kept_for_a_while_and_fail_closed() {
    let server = Server::start().await;
    let path = "GET /manage-users/externalusers/9f2c/groups";
    server.on(path, [Reply::fixture("manage-users/groups.json"), Reply::status(500)]);
    let directory = server.upstreams().await.manage_users;
    for _ in 0..3 {
        let groups = directory.groups(&trace(), "9f2c").await.unwrap().unwrap();
        assert_eq!(groups[1].code, "INT_CR_PRJ_1001");
    }
    assert_eq!(server.seen(path).len(), 1);
    assert_eq!(server.seen(path)[0].target, "/manage-users/externalusers/9f2c/groups?children=true");

    let mut config = server.config();
    config.manage_users.groups_ttl = std::time::Duration::ZERO;
    server.on(path, [Reply::fixture("manage-users/groups.json"), Reply::status(500)]);
    let directory = server.upstreams_with(config).await.manage_users;
    directory.groups(&trace(), "9f2c").await.unwrap();
    directory.groups(&trace(), "9f2c").await.unwrap_err();
}

#[tokio::test]
async fn a_directory_that_is_slow_is_asked_again() {
    let server = Server::start().await;
    let path = "GET /manage-users/users/U1";
    server.on(path, [Reply::Hang, Reply::Hang, Reply::fixture("manage-users/me.json")]);
    let mut config = server.config();
    config.manage_users.endpoint.timeout = std::time::Duration::from_millis(150);
    let directory = server.upstreams_with(config).await.manage_users;
    assert!(directory.user(&trace(), "U1").await.unwrap().is_some());
    assert_eq!(server.seen(path).len(), 3);
}
