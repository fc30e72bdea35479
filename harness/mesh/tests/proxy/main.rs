//! What proxies do with what they were told, without an istiod: pushes are made by hand.

mod choice;
mod kit;
mod security;
