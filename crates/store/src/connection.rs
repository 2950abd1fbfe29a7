//! Connections: the pool, units of work that commit once, and plain connections for reading.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Postgres, Transaction};
use tokio::net::{TcpStream, UnixStream};

use crate::{Db, StoreError};

/// How long a caller waits for a free connection, and how long the first contact may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The oldest server that our SQL runs on.
const OLDEST_SERVER: u32 = 15;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The database. Cheap to clone: clones share one pool.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
    options: PgConnectOptions,
}

impl Store {
    /// Connects. Answers at once when nobody listens at the address. The server lists the connections under the
    /// `application_name` of the address, or else as `interventions`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be reached; [`StoreError::Failed`] when the address or
    /// the credentials are wrong.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        let mut options: PgConnectOptions = url.parse()?;
        if options.get_application_name().is_none() {
            options = options.application_name("interventions");
        }
        // To plan a long statement anew for every answer would cost more than to carry it out; so would compiling it,
        // which the server does where it takes much of a table to be read (ADR 23).
        options = options.options([("plan_cache_mode", "force_generic_plan"), ("jit", "off")]);
        probe(&options).await?;
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(PATIENCE)
            .connect_with(options.clone())
            .await?;
        Ok(Self { pool, options })
    }

    /// Applies the migrations that are not applied yet.
    ///
    /// # Errors
    /// [`StoreError::TooOld`] for a server older than our SQL is written for; [`StoreError::Migration`], with the
    /// cause.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        let version: String = sqlx::query_scalar("SHOW server_version_num").fetch_one(&mut *connection).await?;
        drop(connection);
        let major = version.parse::<u32>().unwrap_or_default() / 10_000;
        if major < OLDEST_SERVER {
            return Err(StoreError::TooOld { major, oldest: OLDEST_SERVER });
        }
        MIGRATOR.run(&self.pool).await.map_err(|error| StoreError::Migration(Box::new(error)))
    }

    /// Begins a unit of work; dropping it without [`UnitOfWork::commit`] undoes it.
    pub async fn begin(&self) -> Result<UnitOfWork, StoreError> {
        Ok(UnitOfWork(self.pool.begin().await?))
    }

    /// A connection for reading, without a transaction.
    pub async fn connection(&self) -> Result<Connection, StoreError> {
        Ok(Connection(self.pool.acquire().await?))
    }

    /// Whether the database answers now.
    pub async fn is_alive(&self) -> bool {
        match self.pool.acquire().await {
            Ok(mut connection) => sqlx::Connection::ping(&mut *connection).await.is_ok(),
            Err(_) => false,
        }
    }

    /// Closes all connections and waits until they are.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Connections that are open, and those of them that are idle: for the metrics.
    pub fn pool_size(&self) -> (u32, usize) {
        (self.pool.size(), self.pool.num_idle())
    }

    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.options
    }
}

/// A number that changes whenever a migration is added or edited; names the template that tests clone.
pub fn schema_fingerprint() -> u64 {
    // FNV-1a over the checksums.
    MIGRATOR
        .iter()
        .flat_map(|migration| migration.checksum.iter())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The driver retries "connection refused" until its time-out; this answers at once.
async fn probe(options: &PgConnectOptions) -> Result<(), StoreError> {
    let knock = async {
        match options.get_socket() {
            Some(folder) => {
                UnixStream::connect(folder.join(format!(".s.PGSQL.{}", options.get_port()))).await.map(drop)
            }
            None => TcpStream::connect((options.get_host(), options.get_port())).await.map(drop),
        }
    };
    match tokio::time::timeout(PATIENCE, knock).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(StoreError::Unavailable(Box::new(error))),
        Err(elapsed) => Err(StoreError::Unavailable(Box::new(elapsed))),
    }
}

/// A transaction. Committed once, by whoever began it.
#[derive(Debug)]
pub struct UnitOfWork(Transaction<'static, Postgres>);

impl UnitOfWork {
    /// Makes everything that was done permanent.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

/// A connection for reading.
#[derive(Debug)]
pub struct Connection(PoolConnection<Postgres>);

impl Deref for UnitOfWork {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.0
    }
}

impl DerefMut for UnitOfWork {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.0
    }
}

impl Deref for Connection {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.0
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.0
    }
}
