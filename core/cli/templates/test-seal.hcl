# What `strongroom plugin test -config=test.hcl` opens the plugin with. The key is made up.
storage "inmem" {
}

seal "{{name}}" {
  key_id = "one"
  key    = "c7ef4289da90d22c2d581fc93b8d8e753711299721460733b08157d1ebff2e75"
}
