# General parameters
cluster_name = "vault-vms"
log_level = "Info"
ui = true

# HA parameters
cluster_addr = "https://10.0.1.4:8201"
api_addr = "https://vault-vms.example.com:8200"

listener "tcp" {
 address     = "0.0.0.0:8200"
 cluster_address = "0.0.0.0:8201"

 tls_disable = 0
 tls_cert_file      = "/opt/vault/tls/vault-full.pem"
 tls_key_file       = "/opt/vault/tls/vault-key.pem"
 tls_client_ca_file = "/opt/vault/tls/vault-ca.pem"
 tls_min_version = "tls12"
}

storage "raft" {
  path    = "/opt/vault/data"
  node_id = "vault-0"
  retry_join {
    leader_tls_servername = "vault-vms.example.com"
    leader_api_addr = "https://vault-vms.example.com:8200"
    leader_ca_cert_file = "/opt/vault/tls/vault-ca.pem"
    leader_client_cert_file = "/opt/vault/tls/vault-cert.pem"
    leader_client_key_file = "/opt/vault/tls/vault-key.pem"
  }
}

seal "azurekeyvault" {
  tenant_id = "00000000-0000-0000-0000-000000000000"
  vault_name = "vault-kv-0000"
  key_name = "vault-kv-0000-autounseal"
}

