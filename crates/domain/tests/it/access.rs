//! Who may do what, as one reviewed table: callers × operations. A change of the table is a change of access.

use std::fmt::Write as _;

use domain::access::{Caller, Operation, Refusal, Role, admit};
use domain::{AuthSource, User};

fn person(source: &str, roles: &[Role]) -> Caller {
    let source = AuthSource::from_text(source);
    let user = User { id: "1".to_owned(), source, username: "SOMEBODY".to_owned() };
    Caller::User { user, roles: roles.iter().copied().collect() }
}

fn client(is_machine: bool, roles: &[Role]) -> Caller {
    Caller::Client {
        client_id: "client".to_owned(),
        roles: roles.iter().copied().collect(),
        is_machine,
        missing_claims: vec!["user_id", "user_name"],
    }
}

pub(crate) fn callers() -> Vec<(&'static str, Caller)> {
    vec![
        ("practitioner", person("delius", &[Role::Probation])),
        ("provider", person("auth", &[Role::CrsProvider])),
        ("practitioner signed in as external, probation role", person("auth", &[Role::Probation])),
        ("probation staff with the provider role", person("delius", &[Role::CrsProvider])),
        ("prison staff with the probation role", person("nomis", &[Role::Probation])),
        ("person without a role", person("delius", &[])),
        ("service editor", person("auth", &[Role::ServiceEditor])),
        ("reader", person("auth", &[Role::Reader])),
        ("operator", person("auth", &[Role::Operator])),
        ("machine that reads all", client(true, &[Role::ReadAll])),
        ("machine of the case list", client(true, &[Role::ReferAndMonitor])),
        ("machine of the accommodation service", client(true, &[Role::AccommodationReader])),
        ("machine of subject access", client(true, &[Role::SubjectAccess])),
        ("machine without a role", client(true, &[])),
        ("token without user claims, probation role", client(false, &[Role::Probation])),
        ("token without user claims, reads all", client(false, &[Role::ReadAll])),
    ]
}

#[test]
fn access_is_as_reviewed() {
    let callers = callers();
    let mut table =
        String::from("# y admitted, r no role, c claims missing, s other side, u unsupported kind of user\n");
    for (index, (name, _)) in callers.iter().enumerate() {
        let _ = writeln!(table, "# {} {name}", letter(index));
    }
    let heads: String = (0..callers.len()).map(letter).collect();
    let _ = writeln!(table, "{:42} {heads}", "");
    for operation in Operation::ALL {
        let marks: String = callers.iter().map(|(_, caller)| mark(*operation, caller)).collect();
        let _ = writeln!(table, "{:42} {marks}", operation.as_str());
    }
    let reviewed = include_str!("access.txt");
    assert!(table == reviewed, "access differs from tests/it/access.txt; if that is meant, its new text is:\n{table}");
}

pub(crate) fn letter(index: usize) -> char {
    char::from(b'A' + u8::try_from(index).expect("few callers"))
}

fn mark(operation: Operation, caller: &Caller) -> char {
    match admit(operation, caller) {
        Ok(()) => 'y',
        Err(Refusal::Role) => 'r',
        Err(Refusal::Claims(missing)) => {
            assert_eq!(missing, ["user_id", "user_name"]);
            'c'
        }
        Err(Refusal::UserType("unsupported user type")) => 'u',
        Err(Refusal::UserType(_)) => 's',
    }
}

#[test]
fn machines_never_write() {
    let reads = ["get", "list", "search"];
    for operation in Operation::ALL {
        let is_read = reads.iter().any(|verb| operation.as_str().starts_with(verb));
        for (name, caller) in callers() {
            let is_person = caller.user().is_some();
            assert!(is_read || is_person || admit(*operation, &caller).is_err(), "{operation} by {name}");
        }
    }
}
