//! Who may answer: endpoints, their weight and health, and the pipeline from services to choices.

pub mod rules;
