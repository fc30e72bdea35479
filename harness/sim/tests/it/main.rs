//! Claims about the simulator, one module per part.

mod net;
