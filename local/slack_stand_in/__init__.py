"""A stand-in for Slack's Web API on loopback: the methods the digest calls, with Slack's documented limits, errors and paging.

It is strict where Slack is vague, so that what passes here passes there. The channel can be looked at as a page.
Limits: https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/reference/methods.
"""
