//! Who may fetch configuration and certificates, and when certificates are renewed.

pub mod rules;
