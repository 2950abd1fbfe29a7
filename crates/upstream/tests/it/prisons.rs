//! People in prison, and the two lists.

use crate::server::{Reply, Server, trace};
use domain::NomsNumber;
use jiff::civil::date;
use std::time::Duration;

const PRISONS: &str = "GET /prison-register/prisons/names";
const HOMES: &str = "GET /prison-api/api/agencies/type/SCH";

#[tokio::test]
async fn a_prisoner_is_read_and_kept() {
    let server = Server::start().await;
    let path = "GET /prisoner-search/prisoner/A0001ZZ";
    server.on(path, [Reply::fixture("prisoner-search/prisoner.json")]);
    let search = server.upstreams().await.prisoner_search;
    for _ in 0..2 {
        let prisoner = search.prisoner(&trace(), &NomsNumber("A0001ZZ".to_owned())).await.unwrap().unwrap();
        assert_eq!(prisoner.prison_id.as_deref(), Some("MDI"));
        assert_eq!(prisoner.release.confirmed, Some(date(2027, 1, 9)));
        assert_eq!(prisoner.release.discharge, Some(date(2027, 1, 15)));
    }
    assert_eq!(server.seen(path).len(), 1);
    assert_eq!(server.seen(path)[0].header("authorization"), Some("Bearer token-1"));
}

#[tokio::test]
async fn a_prisoner_record_may_be_nearly_empty_or_missing() {
    let server = Server::start().await;
    server.on("GET /prisoner-search/prisoner/A0002ZZ", [Reply::fixture("prisoner-search/prisoner-sparse.json")]);
    server.on("GET /prisoner-search/prisoner/A0003ZZ", [Reply::status(404)]);
    let search = server.upstreams().await.prisoner_search;
    let sparse = search.prisoner(&trace(), &NomsNumber("A0002ZZ".to_owned())).await.unwrap().unwrap();
    assert!(sparse.prison_id.is_none() && sparse.release.release.is_none());
    assert!(search.prisoner(&trace(), &NomsNumber("A0003ZZ".to_owned())).await.unwrap().is_none());
}

#[tokio::test]
async fn the_lists_outlive_an_outage() {
    let server = Server::start().await;
    server.on(PRISONS, [Reply::fixture("prison-register/names.json"), Reply::status(500)]);
    server.on(HOMES, [Reply::fixture("prison-api/secure-homes.json"), Reply::status(500)]);
    let mut config = server.config();
    config.prison_lists_ttl = Duration::ZERO;
    let upstreams = server.upstreams_with(config).await;
    for _ in 0..2 {
        let prisons = upstreams.prison_register.prisons(&trace()).await.unwrap();
        assert_eq!(prisons[1].name, "Moorland (HMP & YOI)");
        let homes = upstreams.prison_api.secure_homes(&trace()).await.unwrap();
        let names: Vec<&str> = homes.iter().map(|home| home.name.as_str()).collect();
        assert_eq!(names, ["Alder House secure children's home", "BIRCH LODGE"]);
    }
    assert_eq!((server.seen(PRISONS).len(), server.seen(HOMES).len()), (2, 2));
    assert_eq!(server.seen(PRISONS)[0].header("authorization"), None, "the register takes no token");
    assert_eq!(server.seen(PRISONS)[0].target, "/prison-register/prisons/names?active=true");
    assert_eq!(server.seen(HOMES)[0].target, "/prison-api/api/agencies/type/SCH?activeOnly=true");
}

#[tokio::test]
async fn without_any_list_an_outage_is_an_error() {
    let server = Server::start().await;
    server.on(PRISONS, [Reply::status(500)]);
    server.upstreams().await.prison_register.prisons(&trace()).await.unwrap_err();
}
