//! Configuration: every key, its default and what it is for, and how they become settings.

mod delius;
mod job;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use delivery::job::schedule::Schedule;
use domain::draft::Retention;
use domain::email::EmailPurpose;
use jiff::SignedDuration;
use runtime::Secret;
use runtime::config::{ConfigError, ConfigFault, Key, Reader};
use upstream::config::{
    AuthConfig, BreakerConfig, ClientCredentials, DirectoryFlavour, Endpoint, EventsConfig, ManageUsersConfig,
    NotifyConfig, PrisonerSearchConfig, TokenVerificationConfig,
};
use url::Url;
use uuid::Uuid;

const fn key(name: &'static str, default: &'static str, note: &'static str) -> Key {
    Key { name, default, note }
}

/// Every key that the service knows.
pub(crate) const KEYS: &[Key] = &[
    key("RAM_ENV", "local", "local, dev, preprod or prod"),
    key("RAM_LOG_FORMAT", "json (demo, journey: text)", "json or text"),
    key("RAM_LOG_FILTER", "info (demo, journey: warn)", "level, or target=level pairs"),
    key("RAM_OTLP_ENDPOINT", "unset", "the collector that takes traces over HTTP, such as http://collector:4318"),
    key("RAM_OTLP_SHARE", "1", "share of the traces that begin here which is recorded, from 0 to 1"),
    key("RAM_SANDBOX_ENABLED", "false", "allows the sandbox to run; refused in prod"),
    key("RAM_SANDBOX_LISTEN", "127.0.0.1:9090", "where the sandbox listens"),
    key("RAM_SANDBOX_URL", "http://localhost:9090", "the sandbox as other processes reach it"),
    key("RAM_SANDBOX_STATE", "unset", "the file that keeps the sandbox's state; memory without it"),
    key("RAM_DATABASE_MAX_CONNECTIONS", "20", "database connections of one process"),
    key("RAM_PUBLIC_API_URL", "required", "our API as other systems reach it"),
    key("RAM_PUBLIC_UI_URL", "required", "our pages as people reach them"),
    key("RAM_API_LISTEN", "127.0.0.1:8080", "where the API listens"),
    key("RAM_WEB_LISTEN", "127.0.0.1:3000", "where the pages listen"),
    key("RAM_WORKER_LISTEN", "127.0.0.1:8081", "where the worker answers probes and shows its metrics"),
    key("RAM_AUTH_BASE_URL", "required", "sign-in, with /auth"),
    key("RAM_AUTH_PUBLIC_URL", "RAM_AUTH_BASE_URL", "sign-in as browsers reach it"),
    key("RAM_AUTH_ISSUER", "{base}/issuer", "must equal the tokens' iss"),
    key("RAM_AUTH_JWKS_URL", "derived", "where the signing keys are"),
    key("RAM_AUTH_JWKS_MAX_AGE", "12h", "how long keys are used without asking again"),
    key("RAM_AUTH_LOGIN_CLIENT_ID", "required", "client of the code flow"),
    key("RAM_AUTH_LOGIN_CLIENT_SECRET", "required", "its secret"),
    key("RAM_AUTH_API_CLIENT_ID", "required", "client of our own calls"),
    key("RAM_AUTH_API_CLIENT_SECRET", "required", "its secret"),
    key("RAM_AUTH_TOKEN_TIMEOUT", "2s", "time-out of sign-in calls"),
    key("RAM_AUTH_TOKEN_RETRIES", "3", "tries of a token request"),
    key("RAM_AUTH_TOKEN_RETRY_DELAY", "500ms", "pause between them"),
    key("RAM_MANAGE_USERS_BASE_URL", "required", "the user directory"),
    key("RAM_MANAGE_USERS_TIMEOUT", "3s", "its time-out"),
    key("RAM_MANAGE_USERS_RETRIES", "2", "retries of a read"),
    key("RAM_MANAGE_USERS_FLAVOUR", "manage-users", "or auth-legacy"),
    key("RAM_GROUPS_CACHE_TTL", "5m", "how long login groups are believed; 5m at most"),
    key("RAM_TOKEN_VERIFICATION_ENABLED", "true", "whether revocation is checked"),
    key("RAM_TOKEN_VERIFICATION_BASE_URL", "required when enabled", "the token check"),
    key("RAM_TOKEN_VERIFICATION_TIMEOUT", "2s", "its time-out"),
    key("RAM_TOKEN_VERIFICATION_CACHE_TTL", "30s", "how long active is believed"),
    key("RAM_TOKEN_VERIFICATION_GRACE", "5m", "how long after the last active a token passes while the check is down"),
    key("RAM_DELIUS_BASE_URL", "required", "the probation record's integration API"),
    key("RAM_DELIUS_CONNECT_TIMEOUT", "2s", "time to connect"),
    key("RAM_DELIUS_TIMEOUT", "10s", "time-out of a read"),
    key("RAM_DELIUS_WRITE_TIMEOUT", "20s", "time-out of a write"),
    key("RAM_DELIUS_MAX_CONCURRENCY", "16", "calls at once"),
    key("RAM_DELIUS_DEFAULT_OFFICE_CODE", "CRSEXTL", "office of appointments that are in no office"),
    key("RAM_DELIUS_SYNC_WAIT", "8s", "how long a user waits for Delius's first answer"),
    key("RAM_DELIUS_ADAPTER", "integration", "which API in front of Delius carries what: integration or legacy"),
    key("RAM_DELIUS_ADAPTER_<OPERATION>", "RAM_DELIUS_ADAPTER", "the same for one operation, such as _BOOK"),
    key("RAM_DELIUS_SHADOW_READS", "false", "whether reads are put to the other API too, to compare"),
    key(
        "RAM_DELIUS_CONSUMES_EVENTS",
        "true",
        "whether Delius reads our events; false needs legacy for end, outcome, notify",
    ),
    key("RAM_ARN_BASE_URL", "required", "the risk system"),
    key("RAM_ARN_TIMEOUT", "20s", "its time-out"),
    key("RAM_PRISONER_SEARCH_BASE_URL", "required", "people in prison"),
    key("RAM_PRISONER_SEARCH_TIMEOUT", "5s", "its time-out"),
    key("RAM_PRISONER_SEARCH_CACHE_TTL", "10m", "how long a record is believed"),
    key("RAM_PRISON_REGISTER_BASE_URL", "required", "prisons"),
    key("RAM_PRISON_API_BASE_URL", "required", "secure children's homes"),
    key("RAM_PRISON_LISTS_TTL", "24h", "how long both lists are believed"),
    key("RAM_NOTIFY_ENABLED", "true", "whether e-mails are sent; off, they wait"),
    key("RAM_NOTIFY_BASE_URL", "required when enabled", "GOV.UK Notify"),
    key("RAM_NOTIFY_API_KEY", "required when enabled", "its key"),
    key("RAM_NOTIFY_TEMPLATE_<PURPOSE>", "required when enabled", "template id of a purpose, such as _REFERRAL_SENT"),
    key("RAM_EVENTS_ENABLED", "true", "whether events are published; off, they wait"),
    key("RAM_EVENTS_REGION", "eu-west-2", "region of the topic"),
    key("RAM_EVENTS_ENDPOINT_URL", "unset", "replaces the region's own address"),
    key("RAM_EVENTS_TOPIC_ARN", "required when enabled", "the topic"),
    key("RAM_OUTBOX_POLL", "500ms", "how often the outbox is looked at without being woken"),
    key("RAM_OUTBOX_LEASE", "60s", "how long one attempt may take"),
    key("RAM_OUTBOX_MAX_BACKOFF", "15m", "longest pause between attempts"),
    key("RAM_OUTBOX_ALERT_AFTER", "1h", "how long a message may wait for nothing before an alert calls somebody"),
    key("RAM_OUTBOX_CONCURRENCY", "32", "effects carried out at once"),
    key("RAM_CB_FAILURES", "20", "failures in a row that open a circuit"),
    key("RAM_CB_OPEN_FOR", "30s", "how long it stays open"),
    key("RAM_SESSION_IDLE", "120m", "idle time that ends a session"),
    key("RAM_SESSION_MAX", "12h", "longest session"),
    key("RAM_DRAFT_KEEP", "90d", "how long a draft is kept after its last change"),
    key("RAM_DRAFT_WARN", "30d", "how long before it goes its owner is warned"),
    key("RAM_JOB_CONCLUDE_REFERRALS_AT", "00:30", "London time of the daily run, or off"),
    key("RAM_JOB_DELETE_STALE_DRAFTS_AT", "04:00", "London time of the daily run, or off"),
    key("RAM_JOB_LOAD_SENTENCE_ENDS_AT", "off", "London time of the daily run, or off"),
    key("RAM_JOB_RECONCILE_AT", "01:00", "London time of the daily run, or off"),
    key("RAM_DELIUS_RECONCILE_CRON", "unset", "the same as a daily line such as 0 1 * * *; one of the two keys"),
    key("RAM_COMMUNITY_API_BASE_URL", "unset", "the older API, for legacy operations and for reading activities"),
    key("RAM_DELIUS_RECONCILE_READER", "legacy-nsi with the older API, else inference", "legacy-nsi, inference or urn"),
    key("RAM_DELIUS_RECONCILE_RATE", "5/s", "calls to Delius while comparing, such as 5/s or 90/m"),
    key("RAM_DELIUS_RECONCILE_MOST", "100000", "referrals compared in one run at most"),
    key(
        "RAM_DELIUS_LOOK_AGAIN",
        "5m",
        "how often held referrals, and those just told of, are compared again; 0s: never",
    ),
    key("RAM_OPERATORS_EMAIL", "unset", "who is written to when a person must act about Delius"),
];

/// Names that operators know from the service that this one can replace.
const RENAMED: &[(&str, &str)] = &[
    ("HMPPSAUTH_BASEURL", "RAM_AUTH_BASE_URL"),
    ("HMPPS_AUTH_URL", "RAM_AUTH_BASE_URL"),
    ("MANAGEUSERS_BASEURL", "RAM_MANAGE_USERS_BASE_URL"),
    ("HMPPS_MANAGE_USERS_URL", "RAM_MANAGE_USERS_BASE_URL"),
    ("REFERANDMONITORANDDELIUS_BASEURL", "RAM_DELIUS_BASE_URL"),
    ("RAM_DELIUS_API_URL", "RAM_DELIUS_BASE_URL"),
    ("COMMUNITYAPI_BASEURL", "RAM_COMMUNITY_API_BASE_URL"),
    ("COMMUNITY_API_URL", "RAM_COMMUNITY_API_BASE_URL"),
    ("ASSESSRISKSANDNEEDS_BASEURL", "RAM_ARN_BASE_URL"),
    ("ASSESS_RISKS_AND_NEEDS_API_URL", "RAM_ARN_BASE_URL"),
    ("PRISONEROFFENDERSEARCH_BASEURL", "RAM_PRISONER_SEARCH_BASE_URL"),
    ("TOKEN_VERIFICATION_API_URL", "RAM_TOKEN_VERIFICATION_BASE_URL"),
    ("TOKEN_VERIFICATION_ENABLED", "RAM_TOKEN_VERIFICATION_ENABLED"),
    ("PRISON_REGISTER_API_URL", "RAM_PRISON_REGISTER_BASE_URL"),
    ("PRISON_API_URL", "RAM_PRISON_API_BASE_URL"),
    ("API_CLIENT_ID", "RAM_AUTH_API_CLIENT_ID"),
    ("API_CLIENT_SECRET", "RAM_AUTH_API_CLIENT_SECRET"),
    ("LOGIN_CLIENT_ID", "RAM_AUTH_LOGIN_CLIENT_ID"),
    ("LOGIN_CLIENT_SECRET", "RAM_AUTH_LOGIN_CLIENT_SECRET"),
    ("INGRESS_URL", "RAM_PUBLIC_UI_URL"),
    ("NOTIFY_APIKEY", "RAM_NOTIFY_API_KEY"),
    ("AWS_SNS_ENABLED", "RAM_EVENTS_ENABLED"),
    ("AWS_SNS_TOPIC_ARN", "RAM_EVENTS_TOPIC_ARN"),
];

/// Keys that deployments of this product may carry and that do nothing in this release, with what holds instead.
const REFUSED: &[(&str, &str)] = &[
    ("RAM_NOTIFY_CALLBACK_TOKEN", "receipts of e-mails are not read; delivered means that Notify took the e-mail"),
    ("RAM_NOTIFY_POLL_AFTER", "receipts of e-mails are not read; delivered means that Notify took the e-mail"),
    ("RAM_EVENTS_PROVIDER", "events go to an AWS topic; RAM_EVENTS_ENDPOINT_URL names a stand-in"),
];

/// The settings of `serve` and `worker`.
#[derive(Debug)]
pub(crate) struct ServiceConfig {
    pub(crate) database_url: Secret,
    pub(crate) database_connections: u32,
    pub(crate) api_listen: SocketAddr,
    pub(crate) web_listen: SocketAddr,
    pub(crate) worker_listen: SocketAddr,
    pub(crate) public_ui_url: Url,
    pub(crate) session_idle: Duration,
    pub(crate) session_max: Duration,
    pub(crate) upstreams: upstream::Config,
    pub(crate) app: app::Settings,
    pub(crate) delivery: delivery::Settings,
    pub(crate) schedule: Schedule,
    pub(crate) late_after: Duration,
}

/// The settings of `sandbox`.
#[derive(Debug)]
pub(crate) struct SandboxConfig {
    pub(crate) listen: SocketAddr,
    pub(crate) url: String,
    pub(crate) state: Option<PathBuf>,
    pub(crate) ui_url: String,
}

/// Log settings, wanted by every command.
#[derive(Clone, Debug)]
pub(crate) struct LogConfig {
    pub(crate) format: runtime::telemetry::LogFormat,
    pub(crate) filter: String,
}

/// Where traces go.
#[derive(Clone, Debug)]
pub(crate) struct TraceConfig {
    pub(crate) endpoint: Url,
    pub(crate) share: f64,
}

/// What is logged unless the environment says otherwise. The database's notices repeat what we asked for ourselves.
const DEFAULT_FILTER: &str = "info,sqlx::postgres::notice=warn";

/// Reads how to log; never fails, so that faults of the rest can be logged. A command that people watch logs for
/// people, and only what is wrong.
pub(crate) fn logs(variables: &BTreeMap<String, String>, is_watched: bool) -> LogConfig {
    let text = |key: &str| variables.get(key).map(String::as_str);
    let format = match text("RAM_LOG_FORMAT") {
        Some("text") => runtime::telemetry::LogFormat::Text,
        None if is_watched => runtime::telemetry::LogFormat::Text,
        _ => runtime::telemetry::LogFormat::Json,
    };
    let default = if is_watched { "warn" } else { DEFAULT_FILTER };
    LogConfig { format, filter: text("RAM_LOG_FILTER").unwrap_or(default).to_owned() }
}

/// Reads where traces go; none without a collector.
pub(crate) fn traces(variables: &BTreeMap<String, String>) -> Result<Option<TraceConfig>, ConfigError> {
    let mut read = Reader::new(variables.clone());
    let endpoint = read.parsed::<Url>("RAM_OTLP_ENDPOINT", "an address such as http://collector:4318");
    let share = read.parsed::<f64>("RAM_OTLP_SHARE", "a number from 0 to 1").unwrap_or(1.0);
    if !(0.0..=1.0).contains(&share) {
        read.fault(ConfigFault::Unreadable("RAM_OTLP_SHARE".to_owned(), "a number from 0 to 1"));
    }
    read.finish(KEYS, RENAMED, REFUSED)?;
    Ok(endpoint.map(|endpoint| TraceConfig { endpoint, share }))
}

/// Reads the sandbox's settings.
pub(crate) fn sandbox(variables: &BTreeMap<String, String>) -> Result<SandboxConfig, ConfigError> {
    let mut read = Reader::new(variables.clone());
    let enabled = read.flag("RAM_SANDBOX_ENABLED", false);
    let environment = read.optional("RAM_ENV").unwrap_or_else(|| "local".to_owned());
    if !enabled {
        read.fault(ConfigFault::Missing("RAM_SANDBOX_ENABLED=true".to_owned()));
    }
    if environment == "prod" {
        read.fault(ConfigFault::Unreadable("RAM_ENV".to_owned(), "an environment in which the sandbox may run"));
    }
    let config = SandboxConfig {
        listen: listen(&mut read, "RAM_SANDBOX_LISTEN", 9090),
        url: read.optional("RAM_SANDBOX_URL").unwrap_or_else(|| "http://localhost:9090".to_owned()),
        state: read.optional("RAM_SANDBOX_STATE").map(PathBuf::from),
        ui_url: read.optional("RAM_PUBLIC_UI_URL").unwrap_or_else(|| "http://localhost:3000".to_owned()),
    };
    read.finish(KEYS, RENAMED, REFUSED)?;
    Ok(config)
}

/// Reads the database's address alone, for commands that need nothing else.
pub(crate) fn database_url(variables: &BTreeMap<String, String>) -> Result<Secret, ConfigError> {
    let mut read = Reader::new(variables.clone());
    let url = read.required_secret("DATABASE_URL");
    read.finish(KEYS, RENAMED, REFUSED)?;
    Ok(url)
}

/// Reads the service's settings.
pub(crate) fn service(variables: &BTreeMap<String, String>) -> Result<ServiceConfig, ConfigError> {
    let mut read = Reader::new(variables.clone());
    let public_api_url = base_url(&mut read, "RAM_PUBLIC_API_URL");
    let public_ui_url = base_url(&mut read, "RAM_PUBLIC_UI_URL");
    let upstreams = upstreams(&mut read);
    let sync_wait = read.duration("RAM_DELIUS_SYNC_WAIT", Duration::from_secs(8));
    let config = ServiceConfig {
        database_url: read.required_secret("DATABASE_URL"),
        database_connections: read.parsed("RAM_DATABASE_MAX_CONNECTIONS", "a number").unwrap_or(20),
        api_listen: listen(&mut read, "RAM_API_LISTEN", 8080),
        web_listen: listen(&mut read, "RAM_WEB_LISTEN", 3000),
        worker_listen: listen(&mut read, "RAM_WORKER_LISTEN", 8081),
        session_idle: read.duration("RAM_SESSION_IDLE", Duration::from_hours(2)),
        session_max: read.duration("RAM_SESSION_MAX", Duration::from_hours(12)),
        app: app::Settings {
            delius_sync_wait: sync_wait,
            draft_retention: retention(&mut read),
            reconciliation: job::reconciliation(&mut read),
            ..app::Settings::default()
        },
        late_after: read.duration("RAM_OUTBOX_ALERT_AFTER", Duration::from_hours(1)),
        schedule: job::schedule(&mut read),
        delivery: delivery::Settings {
            links: delivery::Links { api: without_slash(&public_api_url), ui: without_slash(&public_ui_url) },
            templates: templates(&mut read, upstreams.notify.is_some()),
            operators_address: read.optional("RAM_OPERATORS_EMAIL"),
            default_office_code: read
                .optional("RAM_DELIUS_DEFAULT_OFFICE_CODE")
                .unwrap_or_else(|| "CRSEXTL".to_owned()),
            poll: read.duration("RAM_OUTBOX_POLL", Duration::from_millis(500)),
            lease: read.duration("RAM_OUTBOX_LEASE", Duration::from_mins(1)),
            max_backoff: read.duration("RAM_OUTBOX_MAX_BACKOFF", Duration::from_mins(15)),
            concurrency: read.parsed("RAM_OUTBOX_CONCURRENCY", "a number").unwrap_or(32),
        },
        public_ui_url,
        upstreams,
    };
    read.finish(KEYS, RENAMED, REFUSED)?;
    Ok(config)
}

fn retention(read: &mut Reader) -> Retention {
    let default = Retention::default();
    let mut duration = |key: &str, default: SignedDuration| {
        let read = read.duration(key, default.unsigned_abs());
        SignedDuration::try_from(read).unwrap_or(default)
    };
    let (keep, warn) = (duration("RAM_DRAFT_KEEP", default.keep), duration("RAM_DRAFT_WARN", default.warn));
    if keep < SignedDuration::from_hours(24) {
        read.fault(ConfigFault::Unreadable("RAM_DRAFT_KEEP".to_owned(), "a day or longer"));
    }
    if warn > keep {
        read.fault(ConfigFault::Unreadable("RAM_DRAFT_WARN".to_owned(), "at most as long as RAM_DRAFT_KEEP"));
    }
    Retention { keep, warn }
}

fn upstreams(read: &mut Reader) -> upstream::Config {
    let breaker = BreakerConfig {
        failures: read.parsed("RAM_CB_FAILURES", "a number").unwrap_or(20),
        open_for: read.duration("RAM_CB_OPEN_FOR", Duration::from_secs(30)),
    };
    let notify = read.flag("RAM_NOTIFY_ENABLED", true).then(|| {
        let url = base_url(read, "RAM_NOTIFY_BASE_URL");
        NotifyConfig::at(url, read.required_secret("RAM_NOTIFY_API_KEY"))
    });
    let events = read.flag("RAM_EVENTS_ENABLED", true).then(|| {
        let mut events = EventsConfig::to(read.required("RAM_EVENTS_TOPIC_ARN"));
        events.endpoint_url = read.parsed("RAM_EVENTS_ENDPOINT_URL", "an address");
        if let Some(region) = read.optional("RAM_EVENTS_REGION") {
            events.region = region;
        }
        events
    });
    let token_verification = read.flag("RAM_TOKEN_VERIFICATION_ENABLED", true).then(|| {
        let mut config = TokenVerificationConfig::at(base_url(read, "RAM_TOKEN_VERIFICATION_BASE_URL"));
        let timeout = read.duration("RAM_TOKEN_VERIFICATION_TIMEOUT", config.endpoint.timeout);
        config.endpoint = config.endpoint.with_timeout(timeout);
        config.cache_ttl = read.duration("RAM_TOKEN_VERIFICATION_CACHE_TTL", config.cache_ttl);
        config.grace = read.duration("RAM_TOKEN_VERIFICATION_GRACE", config.grace);
        config
    });
    let delius = {
        let mut endpoint = Endpoint::at(base_url(read, "RAM_DELIUS_BASE_URL"));
        endpoint.connect_timeout = read.duration("RAM_DELIUS_CONNECT_TIMEOUT", endpoint.connect_timeout);
        endpoint.timeout = read.duration("RAM_DELIUS_TIMEOUT", endpoint.timeout);
        endpoint.write_timeout = read.duration("RAM_DELIUS_WRITE_TIMEOUT", endpoint.write_timeout);
        if let Some(calls) = read.parsed("RAM_DELIUS_MAX_CONCURRENCY", "a number") {
            endpoint.max_concurrency = calls;
        }
        endpoint
    };
    let prisoner_search = {
        let mut config = PrisonerSearchConfig::at(base_url(read, "RAM_PRISONER_SEARCH_BASE_URL"));
        let timeout = read.duration("RAM_PRISONER_SEARCH_TIMEOUT", config.endpoint.timeout);
        config.endpoint = config.endpoint.with_timeout(timeout);
        config.cache_ttl = read.duration("RAM_PRISONER_SEARCH_CACHE_TTL", config.cache_ttl);
        config
    };
    let community_api = delius::legacy_api(read);
    upstream::Config {
        delius_adapters: delius::adapters(read, community_api.is_some()),
        delius_reader: delius::reader(read, community_api.is_some()),
        community_api,
        auth: auth(read),
        manage_users: manage_users(read),
        token_verification,
        delius,
        arn: {
            let timeout = read.duration("RAM_ARN_TIMEOUT", upstream::config::ARN_TIMEOUT);
            Endpoint::at(base_url(read, "RAM_ARN_BASE_URL")).with_timeout(timeout)
        },
        prisoner_search,
        prison_register: Endpoint::at(base_url(read, "RAM_PRISON_REGISTER_BASE_URL")),
        prison_api: Endpoint::at(base_url(read, "RAM_PRISON_API_BASE_URL")),
        prison_lists_ttl: read.duration("RAM_PRISON_LISTS_TTL", upstream::config::PRISON_LISTS_TTL),
        notify,
        events,
        breaker,
    }
}

fn auth(read: &mut Reader) -> AuthConfig {
    let mut client = |name: &str| ClientCredentials {
        id: read.required(&format!("RAM_AUTH_{name}_CLIENT_ID")),
        secret: read.required_secret(&format!("RAM_AUTH_{name}_CLIENT_SECRET")),
    };
    let (login, api) = (client("LOGIN"), client("API"));
    let mut config = AuthConfig::at(base_url(read, "RAM_AUTH_BASE_URL"), login, api);
    if let Some(public) = read.parsed("RAM_AUTH_PUBLIC_URL", "an address") {
        config.public_url = public;
    }
    if let Some(issuer) = read.optional("RAM_AUTH_ISSUER") {
        config.issuer = issuer;
    }
    config.jwks_url = read.parsed("RAM_AUTH_JWKS_URL", "an address");
    config.jwks_max_age = read.duration("RAM_AUTH_JWKS_MAX_AGE", config.jwks_max_age);
    let timeout = read.duration("RAM_AUTH_TOKEN_TIMEOUT", config.endpoint.timeout);
    config.endpoint = config.endpoint.with_timeout(timeout);
    if let Some(tries) = read.parsed::<u32>("RAM_AUTH_TOKEN_RETRIES", "a number") {
        config.endpoint.retry.times = tries.saturating_sub(1);
    }
    config.endpoint.retry.pause = read.duration("RAM_AUTH_TOKEN_RETRY_DELAY", config.endpoint.retry.pause);
    config
}

fn manage_users(read: &mut Reader) -> ManageUsersConfig {
    let mut config = ManageUsersConfig::at(base_url(read, "RAM_MANAGE_USERS_BASE_URL"));
    let timeout = read.duration("RAM_MANAGE_USERS_TIMEOUT", config.endpoint.timeout);
    config.endpoint = config.endpoint.with_timeout(timeout);
    if let Some(times) = read.parsed("RAM_MANAGE_USERS_RETRIES", "a number") {
        config.endpoint.retry.times = times;
    }
    config.groups_ttl = read.duration("RAM_GROUPS_CACHE_TTL", config.groups_ttl).min(Duration::from_mins(5));
    match read.optional("RAM_MANAGE_USERS_FLAVOUR").as_deref() {
        None | Some("manage-users") => {}
        Some("auth-legacy") => config.flavour = DirectoryFlavour::AuthLegacy,
        Some(_) => {
            read.fault(ConfigFault::Unreadable("RAM_MANAGE_USERS_FLAVOUR".to_owned(), "manage-users or auth-legacy"));
        }
    }
    config
}

fn templates(read: &mut Reader, required: bool) -> BTreeMap<EmailPurpose, Uuid> {
    let mut templates = BTreeMap::new();
    for purpose in EmailPurpose::ALL {
        let key = template_key(*purpose);
        match read.parsed(&key, "a template id") {
            Some(id) => {
                templates.insert(*purpose, id);
            }
            None if required && !purpose.is_optional() => read.fault(ConfigFault::Missing(key)),
            None => {}
        }
    }
    templates
}

/// The key of a purpose's template.
pub(crate) fn template_key(purpose: EmailPurpose) -> String {
    format!("RAM_NOTIFY_TEMPLATE_{}", purpose.as_str().to_uppercase().replace('-', "_"))
}

fn base_url(read: &mut Reader, key: &str) -> Url {
    let nowhere = || Url::parse("http://localhost").expect("this address is well formed");
    if read.required(key).is_empty() {
        return nowhere();
    }
    read.parsed(key, "an address such as https://host/path").unwrap_or_else(nowhere)
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn listen(read: &mut Reader, key: &str, port: u16) -> SocketAddr {
    read.parsed(key, "an address and a port, such as 127.0.0.1:8080").unwrap_or_else(|| ([127, 0, 0, 1], port).into())
}
