//! What a request costs: the number of SQL statements does not grow with the number of rows.

use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use testkit::{Actor, World};

use crate::observed::statements;
use crate::stage::{Whole, a_bare_draft, own_world, text};

const CRN: &str = "X100001";

/// How many rows there are in the end, of each thing that is listed.
const MANY: usize = 20;

/// The statements that a read runs once the caches are warm and its connection knows the types.
async fn cost(world: &World, actor: &Actor, path: &str, name: &str) -> usize {
    let mut least = usize::MAX;
    for attempt in 0..4 {
        let correlation = format!("cost-{name}-{attempt}");
        let url = format!("{}{path}", world.api_url);
        let request = world.http().get(url).bearer_auth(actor.token()).header("x-correlation-id", &correlation);
        let answer = request.send().await.expect("the API answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.bytes().await.expect("a body");
        least = least.min(statements(&correlation));
    }
    assert!(least > 0, "{path} ran no statement: counting does not work");
    least
}

/// The cost of every read that shows lists, by name.
async fn costs(
    world: &World,
    practitioner: &Actor,
    provider: &Actor,
    whole: &Whole,
    round: &str,
) -> BTreeMap<String, usize> {
    let (referral, plan) = (&whole.referral, &whole.plan);
    let reads = [
        ("drafts", practitioner, "/draft-referrals".to_owned()),
        ("summaries of a practitioner", practitioner, "/sent-referrals/summaries?size=50".to_owned()),
        ("summaries of a provider", provider, "/sent-referrals/summaries?size=50&sort=sentAt,DESC".to_owned()),
        ("searched summaries", provider, "/sent-referrals/summaries?search=rivers&completed=false".to_owned()),
        ("referral", provider, format!("/sent-referral/{referral}")),
        ("assessment", provider, format!("/sent-referral/{referral}/supplier-assessment")),
        ("sessions", provider, format!("/action-plan/{plan}/appointments")),
        ("session", provider, format!("/referral/{referral}/sessions/1")),
        ("plan", provider, format!("/action-plan/{plan}")),
        ("approved plans", practitioner, format!("/sent-referral/{referral}/approved-action-plans")),
        ("notes", practitioner, format!("/sent-referral/{referral}/case-notes?size=50")),
    ];
    let mut costs = BTreeMap::new();
    for (index, (name, actor, path)) in reads.into_iter().enumerate() {
        costs.insert(name.to_owned(), cost(world, actor, &path, &format!("{round}-{index}")).await);
    }
    costs
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_cost_the_same_with_one_row_and_with_many() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.a_complete_draft(&practitioner, CRN).await;
    let later = testkit::soon() + SignedDuration::from_hours(50);
    world.book_assessment(&provider, &referral, later).await;
    world.hold_assessment(&provider, &referral).await;
    let plan = world.submit_plan(&provider, &referral, 1).await;
    world.book_session(&provider, &plan, 1, later).await;
    note(&practitioner, &referral).await;
    let whole = Whole { referral, plan, ..Whole::default() };
    let few = costs(&world, &practitioner, &provider, &whole, "few").await;

    let intervention = world.intervention(&practitioner, "ACC").await;
    let more = join_all((2..=MANY).map(|case| a_bare_draft(&practitioner, &intervention, case))).await;
    join_all(more.iter().map(async |path| practitioner.post(&format!("{path}/send"), json!({})).await.expect(201)))
        .await;
    join_all((2..=MANY).map(|case| a_bare_draft(&practitioner, &intervention, case))).await;
    let sessions = u32::try_from(MANY).unwrap();
    let plan = world.submit_plan(&provider, &whole.referral, sessions).await;
    for number in 1..=3 {
        for rebooked in 0..3 {
            let start = later + SignedDuration::from_hours(i64::from(number * 10 + rebooked));
            world.book_session(&provider, &plan, number, start).await;
        }
    }
    let other = world.a_sent_referral(&practitioner, CRN).await;
    world.assign(&provider, &other).await;
    for _ in 1..MANY {
        note(&practitioner, &whole.referral).await;
    }
    let listed = provider.get(&format!("/action-plan/{plan}/appointments")).await.expect(200);
    assert_eq!(listed.as_array().map(Vec::len), Some(MANY));
    assert_eq!(listed[1]["oldAppointments"].as_array().map(Vec::len), Some(2));
    let drafts = practitioner.get("/draft-referrals").await.expect(200);
    assert_eq!(drafts.as_array().map(Vec::len), Some(MANY));
    let rows = practitioner.get("/sent-referrals/summaries").await.expect(200);
    assert_eq!(rows["totalElements"], MANY + 1);
    let many = costs(&world, &practitioner, &provider, &whole, "many").await;
    assert_eq!(many, few);
    assert!(many.values().all(|statements| *statements <= 30), "{many:?}");
    // A page that begins where the one before ended costs as much as the first; of notes, the last is looked at too.
    let notes = format!("/sent-referral/{}/case-notes?size=5", whole.referral);
    let lists = [("/sent-referrals/summaries?size=5&sort=sentAt,DESC", 0), (notes.as_str(), 1)];
    for (index, (list, more)) in lists.into_iter().enumerate() {
        let mut costs = [0; 2];
        for (page, cost_of_page) in (1..).zip(&mut costs) {
            let path = format!("{list}&page={page}");
            *cost_of_page = cost(&world, &provider, &path, &format!("page-{index}-{page}")).await;
        }
        assert_eq!(costs[1], costs[0] + more, "{list}");
    }
    world.stop().await;
}

async fn note(actor: &Actor, referral: &str) {
    let note = json!({ "referralId": referral, "subject": "A note", "body": "Words." });
    actor.post("/case-note", note).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_costs_the_same_for_one_entry_and_for_all() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let one_contract = json!({ "username": "PROVIDER_2", "groups": ["INT_SP_HARBOUR_TRUST", "INT_CR_HT0003"] });
    world.control("users", one_contract).await;
    let narrow = world.actor("PROVIDER_2").await;
    let length = async |actor: &Actor, path: &str| {
        let found = actor.get(path).await.expect(200);
        found.as_array().map_or(0, Vec::len)
    };
    let all = practitioner.get("/interventions").await.expect(200);
    let regions: Vec<String> =
        all.as_array().unwrap().iter().map(|entry| text(&entry["pccRegions"][0]["id"])).collect();
    let mut fewest = ("/interventions".to_owned(), regions.len());
    for region in &regions {
        let path = format!("/interventions?pccRegionIds={region}&allowsFemale=true&maximumAge=25");
        let found = length(&practitioner, &path).await;
        if (1..fewest.1).contains(&found) {
            fewest = (path, found);
        }
    }
    assert!(fewest.1 < regions.len(), "no filter narrows the catalogue");
    let wide = cost(&world, &practitioner, "/interventions", "all").await;
    assert_eq!(cost(&world, &practitioner, &fewest.0, "some").await, wide, "{} of {}", fewest.1, regions.len());
    assert_eq!(
        (length(&narrow, "/my-interventions").await, length(&provider, "/my-interventions").await > 5),
        (1, true)
    );
    let wide = cost(&world, &provider, "/my-interventions", "mine").await;
    assert_eq!(cost(&world, &narrow, "/my-interventions", "one").await, wide);
    world.stop().await;
}
