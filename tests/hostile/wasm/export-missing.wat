;; tries: leave out a hook
;; expect: refused: failed to find export of interface `herald:policy/hooks@1.0.0` function `route`
(func (export "other"))
;; So that the runner adds none: (export "herald:policy/hooks@1.0.0#route")
