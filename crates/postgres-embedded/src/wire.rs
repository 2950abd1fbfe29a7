//! Just enough of PostgreSQL's wire protocol (version 3) to ask "are you ready?" and to run single statements.
//!
//! Password authentication in clear, text results, no TLS: it speaks to 127.0.0.1 only. The rest of the product uses
//! `store`'s driver; this exists so that a supervisor needs no driver and no client programs.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::StatementError;

/// Values of one result row, in column order; `None` is NULL.
pub(crate) type Row = Vec<Option<String>>;

const PROTOCOL_3: u32 = 196_608;
const LONGEST_MESSAGE: usize = 64 * 1024 * 1024;

/// One connection, ready for statements.
pub(crate) struct Session {
    stream: TcpStream,
}

impl Session {
    /// Connects to 127.0.0.1 and signs in.
    pub(crate) async fn open(port: u16, user: &str, password: &str, database: &str) -> Result<Self, StatementError> {
        let attempt = async {
            let stream = TcpStream::connect(("127.0.0.1", port)).await?;
            let mut session = Self { stream };
            session.sign_in(user, password, database).await?;
            Ok(session)
        };
        tokio::time::timeout(Duration::from_secs(5), attempt)
            .await
            .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
    }

    async fn sign_in(&mut self, user: &str, password: &str, database: &str) -> Result<(), StatementError> {
        let mut body = PROTOCOL_3.to_be_bytes().to_vec();
        for word in ["user", user, "database", database, "application_name", "postgres-embedded"] {
            body.extend_from_slice(word.as_bytes());
            body.push(0);
        }
        body.push(0);
        self.send(None, &body).await?;
        loop {
            match self.receive().await? {
                (b'R', body) => match body.get(..4) {
                    Some([0, 0, 0, 0]) => {}
                    Some([0, 0, 0, 3]) => {
                        let mut secret = password.as_bytes().to_vec();
                        secret.push(0);
                        self.send(Some(b'p'), &secret).await?;
                    }
                    _ => return Err(StatementError::Unexpected("a sign-in that is not by password".to_owned())),
                },
                (b'E', body) => return Err(refusal(&body)),
                (b'Z', _) => return Ok(()),
                _ => {}
            }
        }
    }

    /// Runs `sql` (one or more statements) and returns the rows of all of them.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<Vec<Row>, StatementError> {
        let mut body = sql.as_bytes().to_vec();
        body.push(0);
        self.send(Some(b'Q'), &body).await?;
        let mut rows = Vec::new();
        let mut refused = None;
        loop {
            match self.receive().await? {
                (b'D', body) => rows.push(row(&body)?),
                (b'E', body) => refused = Some(refusal(&body)),
                (b'Z', _) => return refused.map_or(Ok(rows), Err),
                (b'G' | b'H' | b'W', _) => return Err(StatementError::Unexpected("a COPY".to_owned())),
                _ => {}
            }
        }
    }

    async fn send(&mut self, kind: Option<u8>, body: &[u8]) -> Result<(), StatementError> {
        let length = u32::try_from(body.len() + 4).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(body);
        Ok(self.stream.write_all(&message).await?)
    }

    async fn receive(&mut self) -> Result<(u8, Vec<u8>), StatementError> {
        let kind = self.stream.read_u8().await?;
        let length = usize::try_from(self.stream.read_u32().await?).unwrap_or(usize::MAX);
        if !(4..LONGEST_MESSAGE).contains(&length) {
            return Err(StatementError::Unexpected(format!("a message of {length} bytes")));
        }
        let mut body = vec![0; length - 4];
        self.stream.read_exact(&mut body).await?;
        Ok((kind, body))
    }
}

fn refusal(body: &[u8]) -> StatementError {
    let (mut code, mut message) = (String::new(), String::new());
    for field in body.split(|byte| *byte == 0) {
        match field.split_first() {
            Some((b'C', text)) => code = String::from_utf8_lossy(text).into_owned(),
            Some((b'M', text)) => message = String::from_utf8_lossy(text).into_owned(),
            _ => {}
        }
    }
    StatementError::Refused { code, message }
}

fn row(body: &[u8]) -> Result<Row, StatementError> {
    let short = || StatementError::Unexpected("a row that ends too early".to_owned());
    let (count, mut rest) = body.split_first_chunk::<2>().ok_or_else(short)?;
    let mut values = Vec::new();
    for _ in 0..u16::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        rest = after;
        // A negative length is NULL.
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            values.push(None);
            continue;
        };
        let (value, after) = rest.split_at_checked(length).ok_or_else(short)?;
        values.push(Some(String::from_utf8_lossy(value).into_owned()));
        rest = after;
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_with_nulls() {
        let body = [0, 3, 0, 0, 0, 2, b'1', b'5', 255, 255, 255, 255, 0, 0, 0, 0];
        assert_eq!(row(&body).unwrap(), [Some("15".to_owned()), None, Some(String::new())]);
    }

    #[test]
    fn a_short_row_is_refused() {
        assert!(matches!(row(&[0, 1, 0, 0, 0, 9, b'x']), Err(StatementError::Unexpected(_))));
        assert!(matches!(row(&[0]), Err(StatementError::Unexpected(_))));
    }

    #[test]
    fn a_refusal_keeps_code_and_message() {
        let body = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0";
        let error = refusal(body);
        assert_eq!(error.to_string(), "PostgreSQL answered 57P03: the database system is starting up");
    }
}
