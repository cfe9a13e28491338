module mailpit

go 1.23
