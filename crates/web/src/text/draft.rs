//! Texts about drafts.

use super::texts;

texts! {
    /// A practitioner's drafts.
    Drafts {
        title: "Draft referrals",
        kept: "A draft that you do not change for {days} days is deleted. Changing it starts the time again.",
        warning: "Warning",
        one_goes: "1 draft will be deleted on {date} unless you change or send it.",
        some_go: "{count} drafts will be deleted unless you change or send them. The first goes on {date}.",
        caption: "Your draft referrals, newest first",
        person: "Person",
        service: "Service",
        provider: "Provider",
        started: "Date started",
        changed: "Last changed",
        deleted: "Will be deleted on",
        soon: "Deleted soon",
        sending: "Not deleted: it is being sent",
        name_unknown: "Name not recorded",
        empty: "You have no draft referrals.",
    }
}
