//! Texts around every page, and those of signing in and of the home page.

use super::texts;

texts! {
    /// Around every page.
    Frame {
        service: "Refer and monitor an intervention",
        organisation: "Probation Service",
        skip: "Skip to main content",
        navigation: "Service navigation",
        menu: "Menu",
        home: "Home",
        referrals: "Referrals",
        referral_sections: "Sections of this referral",
        sign_out: "Sign out",
        signed_in_as: "Signed in as",
        footer: "Support links",
        breadcrumbs: "Breadcrumbs",
    }
}

texts! {
    /// Signing in and out.
    SignIn {
        failed_title: "We could not sign you in",
        failed_refused: "The sign-in service sent you back without a sign-in that we can use. This happens when a sign-in page was left open too long, or was opened in another browser.",
        failed_outage: "The sign-in service is not answering at the moment. Nothing is wrong with your account.",
        failed_advice: "Sign in again. If this page comes back, tell the support team the reference below.",
        sign_in_again: "Sign in again",
        sign_out_title: "Sign out of this service",
        sign_out_question: "You will also be signed out of other services that use the same sign-in.",
        sign_out_button: "Sign out",
        stay: "Stay signed in and go to the home page",
        signed_out_title: "You are signed out",
        signed_out_advice: "Close the browser window if other people use this device.",
    }
}

texts! {
    /// The practitioner's home page.
    Home {
        title: "Refer and monitor an intervention",
        referrals_title: "Referrals",
        referrals_text: "See how the referrals that you made, and those of the people you manage, are getting on.",
        referrals_link: "See your referrals",
        unassigned_title: "Waiting for a caseworker",
        unassigned_text: "Referrals that a provider has received and not yet given to a caseworker.",
        unassigned_link: "See referrals without a caseworker",
        drafts_title: "Draft referrals",
        drafts_text: "Referrals that you have begun and not sent, and when each of them will be deleted.",
        drafts_link: "See your drafts",
    }
}
