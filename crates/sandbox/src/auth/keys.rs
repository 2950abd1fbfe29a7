//! The signing keys: made from the seed, kept as PKCS#8 in the state, parsed once per process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rsa::RsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::traits::PublicKeyParts;
use serde::{Deserialize, Serialize};

use crate::state::digest;

/// What the ecosystem's keys have.
const BITS: usize = 2048;

/// A key as the state keeps it.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredKey {
    /// The key's name in token headers.
    pub kid: String,
    pem: String,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Why a key could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The generator failed.
    #[error("no key could be generated")]
    Generate(#[source] rsa::Error),
    /// The key cannot be written as, or read from, PKCS#8.
    #[error("the key is not valid PKCS#8")]
    Pkcs8(#[source] rsa::pkcs8::Error),
    /// The token library refuses the key.
    #[error("the key cannot sign or check tokens")]
    Token(#[source] jsonwebtoken::errors::Error),
}

/// A parsed key.
pub(crate) struct Pair {
    pub(crate) kid: String,
    pub(crate) signing: EncodingKey,
    pub(crate) checking: DecodingKey,
    /// The public modulus, as a key set writes it.
    pub(crate) modulus: String,
    /// The public exponent, as a key set writes it.
    pub(crate) exponent: String,
}

/// The parsed keys of one sandbox by name.
#[derive(Default)]
pub(crate) struct KeyRing(Mutex<HashMap<String, Arc<Pair>>>);

impl KeyRing {
    /// The parsed form of `stored`.
    pub(crate) fn pair(&self, stored: &StoredKey) -> Result<Arc<Pair>, KeyError> {
        let mut pairs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pair) = pairs.get(&stored.kid) {
            return Ok(Arc::clone(pair));
        }
        let pair = Arc::new(parse(stored)?);
        pairs.insert(stored.kid.clone(), Arc::clone(&pair));
        Ok(pair)
    }
}

fn parse(stored: &StoredKey) -> Result<Pair, KeyError> {
    let key = RsaPrivateKey::from_pkcs8_pem(&stored.pem).map_err(KeyError::Pkcs8)?;
    let modulus = URL_SAFE_NO_PAD.encode(key.n().to_bytes_be());
    let exponent = URL_SAFE_NO_PAD.encode(key.e().to_bytes_be());
    Ok(Pair {
        kid: stored.kid.clone(),
        signing: EncodingKey::from_rsa_pem(stored.pem.as_bytes()).map_err(KeyError::Token)?,
        checking: DecodingKey::from_rsa_components(&modulus, &exponent).map_err(KeyError::Token)?,
        modulus,
        exponent,
    })
}

/// The `n`th key of `seed`. A process makes each key once, since that takes a good part of a second.
pub(crate) fn generate(seed: u64, n: u64) -> Result<StoredKey, KeyError> {
    static MADE: OnceLock<Mutex<HashMap<(u64, u64), StoredKey>>> = OnceLock::new();
    let mut made = MADE.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = made.get(&(seed, n)) {
        return Ok(key.clone());
    }
    let mut random = ChaCha20Rng::from_seed(digest(seed, "signing key", n));
    let key = RsaPrivateKey::new(&mut random, BITS).map_err(KeyError::Generate)?;
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(KeyError::Pkcs8)?;
    let stored = StoredKey { kid: format!("sandbox-{seed}-{n}"), pem: pem.as_str().to_owned() };
    made.insert((seed, n), stored.clone());
    Ok(stored)
}
