module isthmus.dev/ci/images/helloworld

go 1.24
