//! What the server keeps of a password: a SCRAM secret (RFC 5803) of one round.
//!
//! Rounds make a guess dear, which protects what a person thought of. A password of 128 random bits cannot be guessed, and
//! the 4096 rounds that the server would choose cost it more, at each sign-in, than a short test does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign};

/// The secret of a password in ASCII, in the form in which `initdb` takes it in place of a password.
pub(crate) fn of_one_round(password: &str, salt: &[u8]) -> String {
    let keyed = |key: &[u8], message: &[u8]| sign(&Key::new(HMAC_SHA256, key), message);
    let first_block = 1_u32.to_be_bytes();
    let salted = keyed(password.as_bytes(), &[salt, &first_block].concat());
    let stored_key = digest(&SHA256, keyed(salted.as_ref(), b"Client Key").as_ref());
    let server_key = keyed(salted.as_ref(), b"Server Key");
    let [salt, stored_key, server_key] =
        [salt, stored_key.as_ref(), server_key.as_ref()].map(|bytes| STANDARD.encode(bytes));
    format!("SCRAM-SHA-256$1:{salt}${stored_key}:{server_key}")
}
