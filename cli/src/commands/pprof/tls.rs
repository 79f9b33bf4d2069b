//! Secure connections.

use heapdiff_classic::options::TlsFiles;
use std::fs;
use std::io;
use std::sync::Arc;
use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};
use ureq::typestate::AgentScope;

/// What a secure connection is made with.
pub(super) type Config = TlsConfig;

/// For any server whose certificate the system trusts, or any at all.
pub(super) fn of(is_insecure: bool) -> Config {
    build(is_insecure, None, None)
}

/// With the files of the command line.
pub(super) fn with_files(is_insecure: bool, files: &TlsFiles) -> Result<Config, String> {
    let client = match (files.certificate.as_str(), files.key.as_str()) {
        ("", "") => None,
        ("", _) => return Err("-tls_key is specified, so -tls_cert must also be specified".to_owned()),
        (_, "") => return Err("-tls_cert is specified, so -tls_key must also be specified".to_owned()),
        (certificate, key) => Some(client(certificate, key).map_err(|error| {
            format!("could not load certificate/key pair specified by -tls_cert and -tls_key: {error}")
        })?),
    };
    let roots = match files.authorities.as_str() {
        "" => None,
        file => Some(certificates(
            &read(file).map_err(|error| format!("could not load CA specified by -tls_ca: {error}"))?,
        )),
    };
    Ok(build(is_insecure, client, roots))
}

/// Settings of a client with these.
pub(super) fn configured(builder: ConfigBuilder<AgentScope>, tls: Config) -> ConfigBuilder<AgentScope> {
    builder.tls_config(tls)
}

/// Why a connection is not secure, in Go's words where there are such.
pub(super) fn reason(error: &io::Error) -> Option<String> {
    use rustls::{CertificateError, Error, InvalidMessage};
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    // One that says that it may sign others, and has signed itself, is nobody's either, trusted or not.
    let is_own_authority = matches!(error, Error::InvalidCertificate(CertificateError::Other(_)));
    let unverified = |reason: &str| format!("tls: failed to verify certificate: x509: {reason}");
    Some(match error {
        _ if is_own_authority => unverified("certificate signed by unknown authority"),
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            unverified("certificate signed by unknown authority")
        }
        Error::InvalidCertificate(CertificateError::Expired) => {
            unverified("certificate has expired or is not yet valid")
        }
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "http: server gave HTTP response to HTTPS client".to_owned()
        }
        Error::InvalidCertificate(other) => unverified(&other.to_string()),
        other => format!("tls: {other}"),
    })
}

fn build(
    is_insecure: bool,
    client: Option<ClientCert>,
    roots: Option<Vec<Certificate<'static>>>,
) -> TlsConfig {
    let roots = roots.unwrap_or_else(|| {
        let found = rustls_native_certs::load_native_certs();
        found.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect()
    });
    TlsConfig::builder()
        .disable_verification(is_insecure)
        .client_cert(client)
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

fn client(certificate: &str, key: &str) -> Result<ClientCert, String> {
    let (certificate, key) = (read(certificate)?, read(key)?);
    let key = PrivateKey::from_pem(&key).map_err(|error| error.to_string())?;
    Ok(ClientCert::new_with_certs(&certificates(&certificate), key))
}

/// The certificates in a file. What is none is left out.
fn certificates(pem: &[u8]) -> Vec<Certificate<'static>> {
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    parse_pem(pem).filter_map(certificate).collect()
}

fn read(file: &str) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("open {file}: {}", super::super::reason(&error)))
}
