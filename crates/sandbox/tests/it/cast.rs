//! Every read of every system answers for the whole cast, and all systems tell the same about each person.

use reqwest::StatusCode;
use sandbox::cast::{self, Case, Limit, Setting};
use serde_json::{Value, json};

use crate::{World, json_of};

/// The forty people and those who each show one awkward fact, without the one that was merged into another.
fn people() -> impl Iterator<Item = &'static Case> {
    cast::cases().iter().filter(|case| case.merged_into.is_none())
}

/// Asked as the service asks.
async fn read(world: &World, path: &str) -> Value {
    let asked = world.get(path).bearer_auth(world.machine("interventions"));
    json_of(asked.send().await.unwrap(), StatusCode::OK).await
}

/// The members of a list that has them under one name each.
fn each(list: &Value, name: &str) -> Vec<String> {
    let members = list.as_array().unwrap_or_else(|| panic!("a list: {list}"));
    members
        .iter()
        .map(|member| member[name].as_str().unwrap_or_else(|| panic!("{name}: {member}")).to_owned())
        .collect()
}

#[tokio::test]
async fn delius_tells_of_everybody_who_they_are_and_what_they_were_sentenced_to() {
    let world = World::start().await;
    for case in people() {
        let path = |rest: &str| format!("/delius/probation-case/{}/{rest}", case.crn);
        let details = read(&world, &path("details")).await;
        assert_eq!(details["name"], json!({ "forename": case.forename, "surname": case.surname }), "{}", case.crn);
        assert_eq!(details["dateOfBirth"], json!(case.date_of_birth), "{}", case.crn);
        assert_eq!(details["contactDetails"]["noFixedAbode"], json!(case.address.is_none()), "{}", case.crn);
        let identifiers = read(&world, &path("identifiers")).await;
        assert_eq!(identifiers["nomsId"].as_str(), case.noms.as_deref(), "{}", case.crn);
        let convictions = read(&world, &path("convictions")).await;
        assert_eq!(convictions["caseDetail"]["crn"], json!(case.crn));
        let told: Vec<_> = convictions["convictions"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        let active: Vec<_> = case.sentences.iter().filter(|sentence| sentence.active).collect();
        assert_eq!(told, active.iter().map(|sentence| json!(sentence.event_id)).collect::<Vec<_>>(), "{}", case.crn);
        for sentence in active {
            let one = read(&world, &path(&format!("convictions/{}", sentence.event_id))).await;
            assert_eq!(one["conviction"]["sentence"]["description"], sentence.description, "{}", case.crn);
        }
    }
}

#[tokio::test]
async fn whoever_is_responsible_for_a_case_has_it_on_their_list() {
    let world = World::start().await;
    let mut lists = std::collections::BTreeMap::new();
    for officer in cast::officers() {
        if let Some(username) = officer.username {
            let listed = read(&world, &format!("/delius/users/{username}/managed-cases")).await;
            let legacy = format!("/community-api/secure/staff/staffIdentifier/{}", officer.staff_identifier);
            let caseload = read(&world, &format!("{legacy}/caseload/managedOffenders")).await;
            let listed = each(&listed["managedCases"], "crn");
            assert_eq!(each(&caseload, "crnNumber"), listed, "{username}");
            lists.insert(username, listed);
        }
    }
    for case in people() {
        let answer = read(&world, &format!("/delius/probation-case/{}/responsible-officer", case.crn)).await;
        let community = &answer["communityManager"];
        assert_eq!(community["code"], case.community_manager, "{}", case.crn);
        assert_eq!(answer["prisonManager"]["code"].as_str(), case.prison_manager, "{}", case.crn);
        if let Some(username) = community["username"].as_str() {
            assert!(lists[username].contains(&case.crn), "{} on the list of {username}", case.crn);
        }
    }
    assert_eq!(lists["PRACTITIONER_1"].len() + lists["PRACTITIONER_2"].len(), 39);
}

#[tokio::test]
async fn the_legacy_interface_tells_the_same_of_everybody() {
    let world = World::start().await;
    for case in people() {
        let path = |rest: &str| format!("/community-api/secure/offenders/crn/{}/{rest}", case.crn);
        let all = read(&world, &path("all")).await;
        assert_eq!((&all["firstName"], &all["surname"]), (&json!(case.forename), &json!(case.surname)));
        assert_eq!(all["otherIds"]["nomsNumber"].as_str(), case.noms.as_deref(), "{}", case.crn);
        let convictions = read(&world, &path("convictions?activeOnly=true")).await;
        let told = convictions.as_array().unwrap().len();
        assert_eq!(told, case.sentences.iter().filter(|sentence| sentence.active).count(), "{}", case.crn);
        for sentence in case.sentences.iter().filter(|sentence| sentence.active) {
            let one = read(&world, &path(&format!("convictions/{}", sentence.event_id))).await;
            assert_eq!(one["convictionId"], json!(sentence.event_id), "{}", case.crn);
            let nsis = path(&format!("convictions/{}/nsis?nsiCodes=CRS01", sentence.event_id));
            assert_eq!(read(&world, &nsis).await["nsis"], json!([]), "{}", case.crn);
        }
        let managers = each(&read(&world, &path("allOffenderManagers")).await, "staffCode");
        assert!(managers.iter().any(|code| code == case.community_manager), "{}: {managers:?}", case.crn);
    }
}

/// The texts of the limits that keep this user from a case: of exclusions, and of restrictions.
fn limits(case: &Case, username: &str) -> (Vec<&'static str>, Vec<&'static str>) {
    let (mut excluded, mut restricted) = (Vec::new(), Vec::new());
    for limit in &case.limits {
        match limit {
            Limit::Excluded(who, text) if who.contains(&username) => excluded.push(*text),
            Limit::Restricted(who, text) if !who.contains(&username) => restricted.push(*text),
            Limit::Excluded(..) | Limit::Restricted(..) => {}
        }
    }
    (excluded, restricted)
}

#[tokio::test]
async fn limits_on_access_are_told_alike_by_delius_both_ways_and_by_the_risk_service() {
    let world = World::start().await;
    let crns: Vec<&str> = people().map(|case| case.crn.as_str()).collect();
    for username in ["PRACTITIONER_1", "PRACTITIONER_2", "PRISON_PRACTITIONER"] {
        let asked = world.post(&format!("/delius/users/{username}/access")).bearer_auth(world.machine("interventions"));
        let answer = json_of(asked.json(&crns).send().await.unwrap(), StatusCode::OK).await;
        assert_eq!(each(&answer["access"], "crn"), crns, "{username}");
        for (case, told) in people().zip(answer["access"].as_array().unwrap()) {
            let (exclusions, restrictions) = limits(case, username);
            // Delius tells a limit without a text as none.
            let told_of = |texts: &[&str]| texts.iter().any(|text| !text.is_empty());
            let (excluded, restricted) = (told_of(&exclusions), told_of(&restrictions));
            let flags = (json!(excluded), json!(restricted));
            assert_eq!(
                (&told["userExcluded"], &told["userRestricted"]),
                (&flags.0, &flags.1),
                "{} {username}",
                case.crn
            );

            let expected = if excluded || restricted { StatusCode::FORBIDDEN } else { StatusCode::OK };
            let legacy = format!("/community-api/secure/offenders/crn/{}/user/{username}/userAccess", case.crn);
            let legacy = world.get(&legacy).bearer_auth(world.machine("interventions")).send().await.unwrap();
            let legacy = json_of(legacy, expected).await;
            assert_eq!((&legacy["userExcluded"], &legacy["userRestricted"]), (&flags.0, &flags.1), "{}", case.crn);
            // The risk service keeps out whoever is limited, with a text or without.
            let is_limited = !exclusions.is_empty() || !restrictions.is_empty();
            let expected = if is_limited { StatusCode::FORBIDDEN } else { StatusCode::OK };
            let risk = world.get(&format!("/arns/risks/crn/{}", case.crn)).bearer_auth(world.user(username));
            assert_eq!(risk.send().await.unwrap().status(), expected, "{} {username}", case.crn);
        }
    }
}

#[tokio::test]
async fn the_risk_service_holds_an_assessment_or_says_that_there_is_none() {
    let world = World::start().await;
    for case in people().filter(|case| case.limits.is_empty()) {
        let asked = world.get(&format!("/arns/risks/crn/{}", case.crn)).bearer_auth(world.user("PRACTITIONER_1"));
        let risk = json_of(asked.send().await.unwrap(), StatusCode::OK).await;
        assert_eq!(risk["assessedOn"].is_string(), case.has_risk_assessment, "{}", case.crn);
        assert_eq!(risk["summary"]["overallRiskLevel"].is_string(), case.has_risk_assessment, "{}", case.crn);
    }
}

#[tokio::test]
async fn whoever_has_a_prison_number_is_found_by_it_in_a_prison_of_the_register_or_outside() {
    let world = World::start().await;
    let open = each(&read(&world, "/prison-register/prisons/names?active=true").await, "prisonId");
    for case in people() {
        let Some(number) = &case.noms else { continue };
        let prisoner = read(&world, &format!("/prisoner-search/prisoner/{number}")).await;
        assert_eq!(prisoner["lastName"], json!(case.surname.to_uppercase()), "{}", case.crn);
        let prison = prisoner["prisonId"].as_str().unwrap();
        match &case.setting {
            Setting::Community => assert_eq!(prison, "OUT", "{}", case.crn),
            Setting::Custody(release) => {
                assert!(open.iter().any(|code| code == prison), "{} in {prison}", case.crn);
                assert_eq!(prisoner["releaseDate"], json!(release.release), "{}", case.crn);
            }
        }
    }
    assert!(people().filter(|case| case.setting != Setting::Community).all(|case| case.noms.is_some()));
}

#[tokio::test]
async fn the_directory_knows_every_user_by_name_and_by_id() {
    let world = World::start().await;
    for user in cast::users() {
        let told = read(&world, &format!("/manage-users/users/{}", user.username)).await;
        assert_eq!((&told["name"], &told["authSource"]), (&json!(user.name()), &json!(user.auth_source)));
        assert_eq!(told["userId"], json!(user.user_id), "{}", user.username);
        if user.auth_source == "auth" {
            let external = read(&world, &format!("/manage-users/externalusers/{}", user.username)).await;
            assert_eq!(external["userId"], json!(user.user_id), "{}", user.username);
            let groups = read(&world, &format!("/manage-users/externalusers/{}/groups", user.user_id)).await;
            assert_eq!(each(&groups, "groupCode"), user.groups, "{}", user.username);
        }
        if let Some(email) = user.email.as_deref().filter(|_| user.verified) {
            let told = read(&world, &format!("/manage-users/users/{}/email", user.username)).await;
            assert_eq!(told["email"], email, "{}", user.username);
        }
    }
}
