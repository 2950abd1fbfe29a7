//! Paging while the list changes: whoever reads a page and then the next sees everything once.

use jiff::SignedDuration;
use runtime::Clock;
use serde_json::{Value, json};
use testkit::{Actor, World};

use crate::stage::{a_bare_draft, own_world, text};

/// The newest first, two to a page, none that is concluded.
const OPEN: &str = "/sent-referrals/summaries?completed=false&cancelled=false&size=2&sort=sentAt,DESC";

/// The ids that a page shows, and the envelope.
async fn read(actor: &Actor, list: &str, page: u32) -> (Vec<String>, Value) {
    let between = if list.contains('?') { '&' } else { '?' };
    let mut page = actor.get(&format!("{list}{between}page={page}")).await.expect(200);
    let rows = page["content"].take();
    (rows.as_array().unwrap().iter().map(|row| text(&row["id"])).collect(), page)
}

async fn ids(actor: &Actor, list: &str, page: u32) -> Vec<String> {
    read(actor, list, page).await.0
}

/// Sends so many more; their ids, the newest first.
async fn send(world: &World, practitioner: &Actor, cases: std::ops::RangeInclusive<usize>) -> Vec<String> {
    let intervention = world.intervention(practitioner, "ACC").await;
    let mut sent = Vec::new();
    for case in cases {
        let path = a_bare_draft(practitioner, &intervention, case).await;
        practitioner.post(&format!("{path}/send"), json!({})).await.expect(201);
        sent.insert(0, path.rsplit('/').next().unwrap().to_owned());
    }
    sent
}

async fn withdraw(practitioner: &Actor, referral: &str) {
    let body = json!({ "code": "MOV", "comments": "Moved away.", "withdrawalState": "PRE_ICA_WITHDRAWAL" });
    practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), body).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_on_sees_what_followed_whatever_left_or_came() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let sent = send(&world, &practitioner, 1..=7).await;
    for reader in [&practitioner, &provider] {
        let mut pages = Vec::new();
        for number in 1..=4 {
            let (rows, page) = read(reader, OPEN, number).await;
            assert_eq!((&page["totalPages"], &page["last"]), (&json!(4), &json!(number == 4)));
            pages.extend(rows);
        }
        assert_eq!(pages, sent, "nothing changed");
    }

    // Everything on the first page is concluded.
    assert_eq!(ids(&provider, OPEN, 1).await, sent[..2]);
    withdraw(&practitioner, &sent[0]).await;
    withdraw(&practitioner, &sent[1]).await;
    let (rows, page) = read(&provider, OPEN, 2).await;
    assert_eq!(rows, sent[2..4]);
    assert_eq!((&page["totalElements"], &page["totalPages"], &page["last"]), (&json!(5), &json!(3), &json!(false)));

    // Another comes that is sorted before all.
    let newest = send(&world, &practitioner, 8..=8).await.remove(0);
    assert_eq!(ids(&provider, OPEN, 2).await, sent[2..4], "read again, it is the same");
    assert_eq!(ids(&provider, OPEN, 3).await, sent[4..6]);
    let (rows, page) = read(&provider, OPEN, 4).await;
    assert_eq!(rows, sent[6..]);
    assert_eq!((&page["totalElements"], &page["totalPages"], &page["last"]), (&json!(6), &json!(4), &json!(true)));

    // Another reader, and another list of the same reader, know nothing of it.
    let now = [&[newest], &sent[2..]].concat();
    assert_eq!(ids(&world.actor("PROVIDER_2").await, OPEN, 2).await, now[2..4]);
    assert_eq!(ids(&provider, &OPEN.replace("&cancelled=false", ""), 2).await, sent[1..3]);
    assert_eq!(ids(&provider, &OPEN.replace("size=2", "size=3"), 2).await, now[3..]);
    // The first page begins anew.
    assert_eq!(ids(&provider, OPEN, 1).await, now[..2]);
    assert_eq!(ids(&provider, OPEN, 2).await, now[2..4]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_remembered_is_found_by_its_number() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let sent = send(&world, &practitioner, 1..=6).await;
    // Behind, so that the tokens outlast the test.
    let clock = Clock::fixed(Clock::system().now() - SignedDuration::from_mins(15));
    let instance = world.another_instance(clock.clone()).await;
    let (here, there) = (world.actor("PROVIDER_1").await, instance.actor("PROVIDER_1").await);
    for reader in [&here, &there] {
        assert_eq!(ids(reader, OPEN, 1).await, sent[..2]);
    }
    withdraw(&practitioner, &sent[0]).await;
    assert_eq!(ids(&there, OPEN, 2).await, sent[2..4]);
    clock.advance(SignedDuration::from_mins(9));
    assert_eq!(ids(&there, OPEN, 3).await, sent[4..]);
    clock.advance(SignedDuration::from_mins(9));
    assert_eq!(ids(&there, OPEN, 2).await, sent[2..4], "reading keeps it");
    clock.advance(SignedDuration::from_mins(10));
    assert_eq!(ids(&there, OPEN, 2).await, sent[3..5], "forgotten");
    // The other instance remembers what it showed itself, and what it did not show it finds as it is now.
    assert_eq!(ids(&here, OPEN, 2).await, sent[2..4]);
    assert_eq!(ids(&here, OPEN, 3).await, sent[4..]);
    let third = OPEN.replace("size=2", "size=1");
    assert_eq!(ids(&here, &third, 3).await, sent[3..4], "nobody read the second");
    assert_eq!(ids(&here, &third, 4).await, sent[4..5]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_notes_go_on_after_the_last_that_was_shown() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, "X100003").await;
    let list = format!("/sent-referral/{referral}/case-notes?size=2&sort=sentAt,DESC");
    let note = async |subject: &str| -> String {
        let note = json!({ "referralId": referral, "subject": subject, "body": "Words.", "sendEmail": false });
        text(&practitioner.post("/case-note", note).await.expect(200)["id"])
    };
    let mut notes = Vec::new();
    for subject in ["one", "two", "three", "four", "five"] {
        notes.insert(0, note(subject).await);
    }
    assert_eq!(ids(&provider, &list, 1).await, notes[..2]);
    let newest = note("six").await;
    assert_eq!(ids(&provider, &list, 2).await, notes[2..4]);
    let (rows, page) = read(&provider, &list, 3).await;
    assert_eq!((rows.as_slice(), &page["totalElements"], &page["last"]), (&notes[4..], &json!(6), &json!(true)));
    assert_eq!(ids(&practitioner, &list, 2).await, notes[1..3], "by its number, for who did not read the first");
    assert_eq!(ids(&provider, &list, 1).await, [newest, notes[0].clone()]);
    assert_eq!(ids(&provider, &list, 2).await, notes[1..3]);
    world.stop().await;
}
