//! Where each system is and how patiently it is called.
//!
//! Owns plain structs with the product's defaults. It reads no environment: `RAM_*` keys are parsed by the executable.

pub use crate::breaker::BreakerConfig;
use crate::delius::Adapters;
use runtime::Secret;
use std::time::Duration;
use url::Url;

/// What every HTTP system has.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Address below which the system's paths lie; with or without a last slash.
    pub base_url: Url,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for a complete answer to a read, per attempt.
    pub timeout: Duration,
    /// Longest wait for a complete answer to a write.
    pub write_timeout: Duration,
    /// Calls under way at once; further ones wait.
    pub max_concurrency: usize,
    /// How reads are retried; writes never are.
    pub retry: Retry,
}

/// How reads are retried after a failed connection, a broken one, or status 502, 503, 504.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Further attempts after the first.
    pub times: u32,
    /// Whether a time-out is worth another attempt.
    pub on_timeout: bool,
    /// Wait before each further attempt.
    pub pause: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { times: 1, on_timeout: false, pause: Duration::ZERO }
    }
}

impl Endpoint {
    /// An endpoint with the defaults: 2 s to connect, 10 s to read, 20 s to write, 16 calls at once, one retry.
    pub fn at(base_url: Url) -> Self {
        Self {
            base_url,
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(20),
            max_concurrency: 16,
            retry: Retry::default(),
        }
    }

    /// The same with one time-out for reads and writes.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self.write_timeout = timeout;
        self
    }
}

/// A client registered with the sign-in system.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// Client id.
    pub id: String,
    /// Client secret.
    pub secret: Secret,
}

/// Sign-in.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// Address, `/auth` included, as this service reaches it; time-out 2 s, 3 attempts 500 ms apart.
    pub endpoint: Endpoint,
    /// Address as browsers reach it, for the sign-in and sign-out pages; usually the same.
    pub public_url: Url,
    /// What `iss` must be.
    pub issuer: String,
    /// Where the signing keys are, when not at `.well-known/jwks.json` below the address.
    pub jwks_url: Option<Url>,
    /// Longest time for which keys are used without asking again.
    pub jwks_max_age: Duration,
    /// The client of people's sign-in (authorisation code).
    pub login_client: ClientCredentials,
    /// The client of this service (client credentials).
    pub api_client: ClientCredentials,
    /// Last segment of the sign-out page's path: `sign-out`, or `logout` on older installations.
    pub sign_out_path: String,
}

impl AuthConfig {
    /// The defaults for an address and the two clients.
    pub fn at(base_url: Url, login_client: ClientCredentials, api_client: ClientCredentials) -> Self {
        let mut endpoint = Endpoint::at(base_url.clone()).with_timeout(Duration::from_secs(2));
        endpoint.retry = Retry { times: 2, on_timeout: true, pause: Duration::from_millis(500) };
        Self {
            issuer: format!("{}/issuer", base_url.as_str().trim_end_matches('/')),
            public_url: base_url,
            endpoint,
            jwks_url: None,
            jwks_max_age: Duration::from_hours(12),
            login_client,
            api_client,
            sign_out_path: "sign-out".to_owned(),
        }
    }
}

/// Which of the two directories answers for users and groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DirectoryFlavour {
    /// The manage-users API.
    #[default]
    ManageUsers,
    /// The user endpoints that the sign-in system itself used to have.
    AuthLegacy,
}

/// The directory of users.
#[derive(Debug, Clone)]
pub struct ManageUsersConfig {
    /// Address; time-out 3 s, up to 2 retries, on time-outs too.
    pub endpoint: Endpoint,
    /// Which paths it has.
    pub flavour: DirectoryFlavour,
    /// How long a user's provider groups are kept; at most 5 minutes.
    pub groups_ttl: Duration,
}

impl ManageUsersConfig {
    /// The defaults for an address.
    pub fn at(base_url: Url) -> Self {
        let mut endpoint = Endpoint::at(base_url).with_timeout(Duration::from_secs(3));
        endpoint.retry = Retry { times: 2, on_timeout: true, pause: Duration::ZERO };
        Self { endpoint, flavour: DirectoryFlavour::default(), groups_ttl: Duration::from_mins(5) }
    }
}

/// The token check.
#[derive(Debug, Clone)]
pub struct TokenVerificationConfig {
    /// Address; time-out 2 s.
    pub endpoint: Endpoint,
    /// How long "active" is believed without asking again.
    pub cache_ttl: Duration,
    /// How long after the last "active" a token is still let in while the check is down; zero means never.
    pub grace: Duration,
}

impl TokenVerificationConfig {
    /// The defaults for an address.
    pub fn at(base_url: Url) -> Self {
        Self {
            endpoint: Endpoint::at(base_url).with_timeout(Duration::from_secs(2)),
            cache_ttl: Duration::from_secs(30),
            grace: Duration::from_mins(5),
        }
    }
}

/// How what Delius holds of a referral is read back.
#[derive(Debug, Clone)]
pub enum ReaderConfig {
    /// It is not: whether the person and the sentence are there is all that is looked at.
    Inference,
    /// Through the list of activities that the older API (community-api) has kept; [`Config::community_api`] is where.
    LegacyNsi,
    /// Through a read by URN, where the integration API has one.
    Urn,
}

/// The search index of people in prison.
#[derive(Debug, Clone)]
pub struct PrisonerSearchConfig {
    /// Address; time-out 5 s.
    pub endpoint: Endpoint,
    /// How long a record is kept.
    pub cache_ttl: Duration,
}

impl PrisonerSearchConfig {
    /// The defaults for an address.
    pub fn at(base_url: Url) -> Self {
        Self {
            endpoint: Endpoint::at(base_url).with_timeout(Duration::from_secs(5)),
            cache_ttl: Duration::from_mins(10),
        }
    }
}

/// GOV.UK Notify.
#[derive(Debug, Clone)]
pub struct NotifyConfig {
    /// Address; time-out 10 s.
    pub endpoint: Endpoint,
    /// The key as given out: name, service id and secret with hyphens between.
    pub api_key: Secret,
}

impl NotifyConfig {
    /// The defaults for an address and a key.
    pub fn at(base_url: Url, api_key: Secret) -> Self {
        Self { endpoint: Endpoint::at(base_url).with_timeout(Duration::from_secs(10)), api_key }
    }
}

/// The topic of domain events.
#[derive(Debug, Clone)]
pub struct EventsConfig {
    /// AWS region.
    pub region: String,
    /// Address that replaces the region's own, for the sandbox and for private endpoints.
    pub endpoint_url: Option<Url>,
    /// The topic.
    pub topic_arn: String,
    /// Access key id and secret; absent, the SDK's usual sources are asked.
    pub credentials: Option<(String, Secret)>,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for the answer.
    pub timeout: Duration,
    /// Publications under way at once.
    pub max_concurrency: usize,
}

impl EventsConfig {
    /// The defaults for a topic: region `eu-west-2`, 2 s to connect, 10 s in all.
    pub fn to(topic_arn: impl Into<String>) -> Self {
        Self {
            region: "eu-west-2".to_owned(),
            endpoint_url: None,
            topic_arn: topic_arn.into(),
            credentials: None,
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(10),
            max_concurrency: 16,
        }
    }
}

/// Every system.
#[derive(Debug, Clone)]
pub struct Config {
    /// Sign-in.
    pub auth: AuthConfig,
    /// Users and groups.
    pub manage_users: ManageUsersConfig,
    /// Token check; absent when switched off.
    pub token_verification: Option<TokenVerificationConfig>,
    /// The probation record, through its integration API.
    pub delius: Endpoint,
    /// The older API in front of it (community-api), where there is one.
    pub community_api: Option<Endpoint>,
    /// Which of the two carries what.
    pub delius_adapters: Adapters,
    /// How what Delius holds is read back.
    pub delius_reader: ReaderConfig,
    /// Risk.
    pub arn: Endpoint,
    /// People in prison.
    pub prisoner_search: PrisonerSearchConfig,
    /// Prisons.
    pub prison_register: Endpoint,
    /// Secure children's homes.
    pub prison_api: Endpoint,
    /// How long the two lists are kept.
    pub prison_lists_ttl: Duration,
    /// E-mail; absent when switched off, so that messages wait.
    pub notify: Option<NotifyConfig>,
    /// Events; absent when switched off, so that they wait.
    pub events: Option<EventsConfig>,
    /// The circuit breaker of each system.
    pub breaker: BreakerConfig,
}

/// How long the two prison lists are kept.
pub const PRISON_LISTS_TTL: Duration = Duration::from_hours(24);

/// The time-out of risk calls: the assessment system behind them is slow.
pub const ARN_TIMEOUT: Duration = Duration::from_secs(20);

impl Config {
    /// Every system at one sandbox, whose systems lie below `root` by name, with the sandbox's public clients and keys.
    pub fn sandbox(root: &Url) -> Self {
        let at = |name: &str| {
            let mut url = root.clone();
            url.set_path(&format!("{}/{name}", root.path().trim_end_matches('/')));
            url
        };
        let client = |id: &str| ClientCredentials { id: id.to_owned(), secret: Secret::new("clientsecret") };
        let notify_key = "sandbox-live-3f1c2a44-6b0e-4d7d-9a51-0c5be7a10001-8a7d6c52-1e93-4f0a-b6d4-2f9e1c300001";
        let mut events = EventsConfig::to("arn:aws:sns:eu-west-2:000000000000:hmpps-domain-events");
        events.endpoint_url = Some(at("sns"));
        Self {
            auth: AuthConfig::at(at("auth"), client("interventions-web"), client("interventions")),
            manage_users: ManageUsersConfig::at(at("manage-users")),
            token_verification: Some(TokenVerificationConfig::at(at("verification"))),
            delius: Endpoint::at(at("delius")),
            community_api: Some(Endpoint::at(at("community-api"))),
            delius_adapters: Adapters::default(),
            delius_reader: ReaderConfig::LegacyNsi,
            arn: Endpoint::at(at("arns")).with_timeout(ARN_TIMEOUT),
            prisoner_search: PrisonerSearchConfig::at(at("prisoner-search")),
            prison_register: Endpoint::at(at("prison-register")),
            prison_api: Endpoint::at(at("prison-api")),
            prison_lists_ttl: PRISON_LISTS_TTL,
            notify: Some(NotifyConfig::at(at("notify"), Secret::new(notify_key))),
            events: Some(events),
            breaker: BreakerConfig::default(),
        }
    }
}
