//! When an agent renews its certificate.

use std::time::Duration;

use super::rules;
use crate::Decision;

/// A certificate's life, on the clock of whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateLife {
    /// How long it is valid altogether.
    pub whole: Duration,
    /// How long it is still valid; zero once it has expired.
    pub left: Duration,
}

/// When a certificate is renewed, as shares of its life.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RotationOptions {
    /// The share that is left when it is renewed.
    pub grace_ratio: f64,
    /// How far the share may be off, at most.
    pub jitter: f64,
}

impl Default for RotationOptions {
    /// Half of the life, give or take one percent.
    fn default() -> Self {
        Self {
            grace_ratio: 0.5,
            jitter: 0.01,
        }
    }
}

/// How long from now the agent waits before it renews. `spread` between -1 and 1 is where in the
/// jitter this agent lies; the caller draws it.
pub fn renewal_delay(
    life: CertificateLife,
    options: RotationOptions,
    spread: f64,
) -> Decision<Duration> {
    let ratio = (options.grace_ratio + spread * options.jitter).clamp(0.0, 1.0);
    let grace = life.whole.mul_f64(ratio);
    Decision::new(life.left.saturating_sub(grace), rules::ROTATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;

    fn delay(whole: u64, left: u64, grace_ratio: f64, spread: f64) -> u64 {
        let life = CertificateLife {
            whole: Duration::from_secs(whole),
            left: Duration::from_secs(left),
        };
        let options = RotationOptions {
            grace_ratio,
            jitter: 0.1,
        };
        renewal_delay(life, options, spread).value.as_secs()
    }

    #[test]
    fn a_day_long_certificate_is_renewed_at_noon() {
        let day = Duration::from_secs(24 * HOUR);
        let life = CertificateLife {
            whole: day,
            left: day,
        };
        let delay = renewal_delay(life, RotationOptions::default(), 0.0).value;
        assert_eq!(delay, Duration::from_secs(12 * HOUR));
        let early = renewal_delay(life, RotationOptions::default(), 1.0).value;
        assert_eq!(early.as_secs(), 12 * HOUR - 864);
    }

    #[test]
    fn a_certificate_past_its_grace_is_renewed_at_once() {
        assert_eq!(delay(HOUR, 60, 0.5, 0.0), 0);
        assert_eq!(delay(HOUR, 0, 0.0, 0.0), 0);
    }

    #[test]
    fn jitter_moves_the_moment_but_never_beyond_the_life() {
        assert_eq!(delay(HOUR, HOUR, 0.5, -1.0), 2160);
        assert_eq!(delay(HOUR, HOUR, 1.0, 1.0), 0);
        assert_eq!(delay(HOUR, HOUR, 0.0, -1.0), HOUR);
    }
}
