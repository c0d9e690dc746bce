# For trying things out: everything is gone when the process ends.
#
#   strongroom server -config=config/inmem.hcl

storage "inmem" {}

listener "tcp" {
  address     = "127.0.0.1:8200"
  tls_disable = true
}

api_addr = "http://127.0.0.1:8200"
ui       = true
