module isthmus.dev/ci/images/pause

go 1.24
