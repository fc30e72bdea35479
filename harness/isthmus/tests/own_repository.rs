//! What people write in a repository of their own, on the files that `isthmus init` gives them.

isthmus::scenarios!("init");
