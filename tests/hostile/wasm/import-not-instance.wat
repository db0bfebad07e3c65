;; tries: import the host as a function
;; expect: refused:
(component (import "herald:policy/host@1.0.0" (func)))
