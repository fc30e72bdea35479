//! Istio's kinds as users write them: what is read, and what is refused by which field.

mod arbitrary;
mod fields;
mod generate;
mod reading;
mod samples;
mod told;
mod validity;
