package io.espalier.streams.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Records with an answer are read in the shapes that people have; nothing in them that changes an answer is dropped. */
@Timeout(30)
class ChatRecordTest {
    private static Document read(String json) {
        return JsonRecord.read(json.replace('\'', '"'), "text", "a.jsonl:1", new Provenance("a.jsonl", 0, 0, 1));
    }

    private static Document.Chat chat(String json) {
        return (Document.Chat) read(json);
    }

    @Test
    void promptsAndInputsAreTextsOfWhichTheAnswerCounts() {
        assertThat(read("{'prompt':'1+1=','completion':' 2','id':7}"))
                .isEqualTo(new Document.Answered("1+1=", " 2", new Provenance("a.jsonl", 0, 0, 1)));
        assertThat(read("{'input':'a','output':'b'}"))
                .isEqualTo(new Document.Answered("a", "b", new Provenance("a.jsonl", 0, 0, 1)));
        assertThat(read("{'input':'a','output':'b','text':'t'}")).isInstanceOf(Document.Text.class);
    }

    @Test
    void promptsOfMessagesAreNotLearnt() {
        Document.Chat chat = chat("{'prompt':[{'role':'user','content':'a'},{'role':'assistant','content':'b'},"
                + "{'role':'user','content':'c'}],'completion':[{'role':'assistant','content':'d'}]}");
        assertThat(chat.messages()).hasSize(4);
        assertThat(chat.learntFrom()).isEqualTo(3);
    }

    @Test
    void shareGptSpeaksOfHumansAndModels() {
        Document.Chat chat = chat("{'conversations':[{'from':'human','value':'a'},{'from':'gpt','value':'b'},"
                + "{'from':'observation','value':'c'},{'from':'gpt','value':'d'}],'system':'be brief',"
                + "'tools':'[{\\'name\\':\\'f\\'}]'}".replace("\\'", "\\\""));
        assertThat(chat.messages().stream().map(message -> message.get("role")))
                .containsExactly("system", "user", "assistant", "tool", "assistant");
        assertThat(chat.tools()).isEqualTo(List.of(Map.of("name", "f")));
        assertThat(chat("{'conversations':[{'role':'user','content':'a'},{'role':'assistant','content':'b'}]}")
                        .messages())
                .hasSize(2);
    }

    @Test
    void partsOfTextAndVariablesGoToTheTemplate() {
        Document.Chat chat = chat("{'messages':[{'role':'user','content':[{'type':'text','text':'a'}]},"
                + "{'role':'assistant','content':'b'}],'chat_template_kwargs':{'enable_thinking':false}}");
        assertThat(chat.messages().getFirst().get("content")).isEqualTo(List.of(Map.of("type", "text", "text", "a")));
        assertThat(chat.variables()).isEqualTo(Map.of("enable_thinking", false));
        assertThat(chat.tools()).isNull();
    }

    @TestFactory
    Stream<DynamicTest> whatIsNotUnderstoodIsRefusedByItsField() {
        String user = "{'role':'user','content':'a'},";
        return Map.ofEntries(
                        Map.entry("{'instruction':'x','input':'a','output':'b'}", "instruction is there beside input"),
                        Map.entry("{'prompt':'a','completion':''}", "completion is '': must not be empty"),
                        Map.entry("{'prompt':'a','completion':3}", "completion is 3: must be a text"),
                        Map.entry("{'prompt':'a','completion':[" + user + "1]}", "must be lists of messages"),
                        Map.entry("{'prompt':'a'}", "text is absent"),
                        Map.entry(
                                "{'prompt':[" + user.replace(",}", "}") + "1],'completion':[2]}",
                                "prompt[1].role is absent"),
                        Map.entry(
                                "{'prompt':[{'role':'assistant','content':'a'}],'completion':[{'role':'user','content':'a'}]}",
                                "completion is without an assistant's turn"),
                        Map.entry(
                                "{'conversations':[{'from':'alien','value':'a'}]}",
                                "conversations[0].from is \"alien\""),
                        Map.entry("{'conversations':[{'from':'gpt'}]}", "conversations[0].value is absent"),
                        Map.entry("{'conversations':[]}", "conversations is []: must be a list of turns"),
                        Map.entry("{'messages':[{'role':'assistant','content':'a'}],'tools':'x'}", "tools is \"x\""),
                        Map.entry("{'messages':[{'role':'assistant','content':'a'}],'tools':{}}", "tools is {}"),
                        Map.entry(
                                "{'messages':[{'role':'assistant','content':'a'}],'chat_template_kwargs':1}",
                                "chat_template_kwargs is 1: must be an object"),
                        Map.entry(
                                "{'messages':[{'role':'user','content':[{'type':'image','url':'x'}]}]}",
                                "messages[0].content[0]"))
                .entrySet()
                .stream()
                .map(each -> DynamicTest.dynamicTest(
                        each.getKey(),
                        () -> assertThatThrownBy(() -> read(each.getKey()))
                                .isInstanceOf(Refused.class)
                                .hasMessageStartingWith("a.jsonl:1: ")
                                .hasMessageContaining(each.getValue())));
    }
}
